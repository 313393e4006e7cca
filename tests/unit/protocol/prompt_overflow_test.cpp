#include "protocol/prompt_overflow.h"

#include <doctest/doctest.h>

namespace aigw::protocol {

TEST_SUITE("protocol/prompt_overflow") {

TEST_CASE("every vendor's words for it are recognised, and the figures found") {
  struct Row {
    const char* message;
    const char* figures;  // "": not both are told
  };
  for (const Row& row : {
           Row{"This model's maximum context length is 8192 tokens. However, your messages resulted in 8312 tokens. "
               "Please reduce the length of the messages.",
               "8312 tokens > 8192 maximum"},
           Row{"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the "
               "messages, 100 in the completion).",
               "5000 tokens > 4096 maximum"},
           Row{"Requested token count exceeds the model's maximum context length of 131,072 tokens. You requested a "
               "total of 140,000 tokens.",
               "140000 tokens > 131072 maximum"},
           Row{"The input (12345 tokens) is longer than the model's context length (8192 tokens).",
               "12345 tokens > 8192 maximum"},
           Row{"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
               "1200000 tokens > 1048576 maximum"},
           Row{"The input token count exceeds the maximum number of tokens allowed 1048576.", ""},
           Row{"input length and `max_tokens` exceed context limit: 195000 + 21333 > 200000, decrease input length or "
               "`max_tokens` and try again",
               "216333 tokens > 200000 maximum"},
           Row{"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
               "40000 tokens > 32768 maximum"},
           Row{"claude-3-5-sonnet-20241022, llama3.1, gpt-4: maximum context length is 8192 tokens, got 8312 tokens",
               "8312 tokens > 8192 maximum"},
           Row{"request (10000 tokens) exceeds the available context size (4096 tokens), try increasing it",
               "10000 tokens > 4096 maximum"},
           Row{"This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
               "140000 tokens > 131072 maximum"},
           Row{"'max_tokens' is too large: 4096. This model's maximum context length is 4096 tokens and your request "
               "has 20 input tokens (4096 > 4096 - 20).",
               ""},
           Row{"Your input exceeds the context window of this model.", ""},
           Row{"The context length is 4096 characters, not 9000.", ""},
       }) {
    CAPTURE(row.message);
    CHECK(says_prompt_too_long({400, row.message, "", ""}));
    const std::string rest = row.figures[0] == '\0' ? row.message : row.figures;
    CHECK(prompt_too_long(row.message) == "prompt is too long: " + rest);
  }
}

TEST_CASE("Anthropic's own words stay as they are") {
  const std::string message = "prompt is too long: 208310 tokens > 200000 maximum";
  CHECK(says_prompt_too_long({400, message, "invalid_request_error", ""}));
  CHECK(prompt_too_long(message) == message);
}

TEST_CASE("codes and types say it without words") {
  struct Row {
    const char* type;
    const char* code;
    const char* param;
    bool want;
  };
  for (const Row& row : {Row{"invalid_request_error", "context_length_exceeded", "messages", true},
                         Row{"exceed_context_size_error", "400", "", true},
                         Row{"invalid_request_error", "string_above_max_length", "input", true},
                         Row{"invalid_request_error", "string_above_max_length", "messages[1].content", true},
                         Row{"invalid_request_error", "string_above_max_length", "", true},
                         Row{"invalid_request_error", "string_above_max_length", "metadata.name", false},
                         Row{"invalid_request_error", "string_above_max_length", "tools[0].description", false},
                         Row{"invalid_request_error", "", "", false}}) {
    CAPTURE(row.code);
    CAPTURE(row.param);
    CHECK(says_prompt_too_long({400, "no", row.type, row.code, row.param, {}}) == row.want);
  }
}

TEST_CASE("other complaints about lengths and tokens are not taken for it") {
  for (const char* message : {"max_tokens must be at least 1", "string too long", "You exceeded your current quota",
                              "Rate limit: 30000 input tokens a minute"}) {
    CAPTURE(message);
    CHECK_FALSE(says_prompt_too_long({400, message, "", ""}));
  }
}

}  // TEST_SUITE

}  // namespace aigw::protocol
