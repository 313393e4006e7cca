// What converting costs inside the process: a request of 100 KB from one dialect to another, and an event of a stream
// beside what passing it through takes. Prints a table.
//
// A request is decoded and encoded as for an exchange (protocol/request_conversion.h). An event goes through the
// splitter that cuts it out of the bytes, and then either through what reads its facts or through the conversion; no
// socket is part of it.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/sse.h"
#include "measuring.h"
#include "options.h"
#include "protocol/answer_conversion.h"
#include "protocol/facts.h"
#include "protocol/request_conversion.h"

namespace {

using aigw::Dialect;
using aigw::http::SseSplitter;
using aigw::protocol::Json;

constexpr std::size_t kRequestBytes = 100'000;
constexpr int kTokens = 500;  // of a stream
constexpr std::size_t kEventMax = 1 << 20;

// ---- a request of an agent: tools, and turns in which they are called ----------------------------------------

Json tool(const std::string& number) {
  const Json path{{"type", "string"}, {"description", "Absolute path of the file, below the workspace's root."}};
  const Json range{{"type", "array"}, {"items", {{"type", "integer"}, {"minimum", 1}}}, {"minItems", 2}};
  const Json mode{{"type", "string"}, {"enum", {"plain", "numbered", "changes"}}, {"default", "plain"}};
  const Json schema{{"type", "object"},
                    {"properties", {{"path", path}, {"range", range}, {"mode", mode}}},
                    {"required", {"path"}},
                    {"additionalProperties", false}};
  return {{"type", "function"},
          {"function",
           {{"name", "read_file_" + number},
            {"description", "Reads a file and gives its lines, each with its number in front. Long files are cut; "
                            "ask for a range to see the rest. Binary files are refused.\n\nUse it before you edit."},
            {"parameters", schema}}}};
}

std::string source_text() {
  std::string text;
  for (int line = 1; line <= 40; ++line) {
    text += std::to_string(line) + "\t  if (name == \"größe\") { return parse(line, '\\n'); }  // naïve\n";
  }
  return text;
}

void add_turn(Json& messages, const std::string& number) {
  const Json call{{"name", "read_file_3"},
                  {"arguments", R"({"path":"/src/main.cpp","range":[1,40],"mode":"numbered"})"}};
  messages.push_back({{"role", "user"}, {"content", "Please look at the parser again, step " + number + "."}});
  messages.push_back({{"role", "assistant"},
                      {"content", "I read the file first, then I look for callers."},
                      {"tool_calls", {{{"id", "call_" + number}, {"type", "function"}, {"function", call}}}}});
  messages.push_back({{"role", "tool"}, {"tool_call_id", "call_" + number}, {"content", source_text()}});
  messages.push_back({{"role", "assistant"}, {"content", "The escape is read twice.\n\n```cpp\nreturn line;\n```"}});
}

std::string chat_request() {
  Json request{{"model", "bench"}, {"max_tokens", 4096}, {"temperature", 0.2}, {"tools", Json::array()}};
  for (int i = 0; i < 20; ++i) request["tools"].push_back(tool(std::to_string(i)));
  request["messages"] = Json::array({{{"role", "system"}, {"content", "You are a careful programmer."}}});
  for (int i = 0; request.dump().size() < kRequestBytes; ++i) add_turn(request["messages"], std::to_string(i));
  request["messages"].push_back({{"role", "user"}, {"content", "Go on."}});
  return request.dump();
}

std::string converted(Dialect from, Dialect to, const std::string& body) {
  using namespace aigw::protocol;
  static const Target target{"bench", {}, {}};
  const auto decoded = decode_request(from, body, false);
  if (const auto* request = std::get_if<DecodedRequest>(&decoded)) {
    auto encoded = encode_request(*request, to, target, true);
    if (auto* result = std::get_if<EncodedRequest>(&encoded)) return std::move(result->body);
  }
  std::fprintf(stderr, "conversion: the request was refused\n");
  std::exit(1);
}

void measure_request(Dialect from, Dialect to, const std::string& body, int rounds) {
  std::vector<double> milliseconds;
  for (int round = 0; round < rounds; ++round) {
    const double before = bench::clock_seconds(CLOCK_THREAD_CPUTIME_ID);
    converted(from, to, body);
    milliseconds.push_back(1e3 * (bench::clock_seconds(CLOCK_THREAD_CPUTIME_ID) - before));
  }
  const std::string size = std::to_string(body.size() / 1000) + " KB";
  bench::print_row("request of " + size + ", " + aigw::to_string(from) + " to " + aigw::to_string(to),
                   bench::median(std::move(milliseconds)), "ms", 3);
}

void measure_requests(int rounds) {
  const std::string chat = chat_request();
  const std::string messages = converted(Dialect::Chat, Dialect::Messages, chat);
  const std::string responses = converted(Dialect::Chat, Dialect::Responses, chat);
  measure_request(Dialect::Chat, Dialect::Messages, chat, rounds);
  measure_request(Dialect::Messages, Dialect::Chat, messages, rounds);
  measure_request(Dialect::Responses, Dialect::Chat, responses, rounds);
  measure_request(Dialect::Chat, Dialect::Gemini, chat, rounds);
}

// ---- a stream ------------------------------------------------------------------------------------------------

// Each read brings one event, as from a model that thinks.
using Reads = std::vector<std::string>;

std::string chunk(const std::string& choices, const std::string& rest) {
  return R"(data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench",)"
         R"("choices":[)" +
         choices + "]" + rest + "}\n\n";
}

Reads chat_stream() {
  Reads reads;
  for (int i = 0; i < kTokens; ++i) {
    const std::string delta = R"({"content":"tok )" + std::to_string(i) + " \"}";
    reads.push_back(chunk(R"({"index":0,"delta":)" + delta + R"(,"logprobs":null,"finish_reason":null})", ""));
  }
  reads.push_back(chunk(R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"})", ""));
  reads.push_back(chunk("", R"(,"usage":{"prompt_tokens":12,"completion_tokens":500,"total_tokens":512})"));
  reads.push_back("data: [DONE]\n\n");
  return reads;
}

void pass_through(Dialect dialect, const Reads& reads) {
  SseSplitter splitter(kEventMax);
  std::size_t text_bytes = 0;
  for (const std::string& read : reads) {
    splitter.feed(read);
    while (const auto event = splitter.next()) {
      text_bytes += aigw::protocol::read_event(dialect, event->name, event->data).text_bytes;
    }
  }
  if (text_bytes == 0) std::exit(1);
}

Reads convert(Dialect provider, Dialect client, const Reads& reads) {
  aigw::protocol::canonical::ReplyRules rules;
  rules.include_usage = true;
  aigw::protocol::AnswerConversion answer(client, true, provider, rules);
  SseSplitter splitter(kEventMax);
  Reads frames;
  for (const std::string& read : reads) {
    splitter.feed(read);
    while (const auto event = splitter.next()) answer.take_event(event->name, event->data);
    frames.push_back(answer.take_frames());
  }
  answer.end_stream();
  frames.push_back(answer.take_frames());
  if (answer.ended()) return frames;
  std::fprintf(stderr, "conversion: the stream was cut\n");
  std::exit(1);
}

// CPU microseconds of an event.
template <typename Work>
double event_cpu(int rounds, const Work& work) {
  constexpr int kStreams = 20;
  std::vector<double> micros;
  for (int round = 0; round < rounds; ++round) {
    const double before = bench::clock_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < kStreams; ++i) work();
    micros.push_back(1e6 * (bench::clock_seconds(CLOCK_THREAD_CPUTIME_ID) - before) / (kStreams * kTokens));
  }
  return bench::median(std::move(micros));
}

void measure_stream(Dialect provider, Dialect client, const Reads& reads, int rounds) {
  const std::string name = aigw::to_string(provider);
  bench::print_row("event of " + name + ", split and read", event_cpu(rounds, [&] { pass_through(provider, reads); }),
                   "us");
  bench::print_row("event of " + name + ", split and converted to " + aigw::to_string(client),
                   event_cpu(rounds, [&] { convert(provider, client, reads); }), "us");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, "conversion [--rounds 100]");
  const int rounds = options.number("rounds", 100);
  bench::print_head();
  measure_requests(rounds);
  const Reads chat = chat_stream();
  measure_stream(Dialect::Chat, Dialect::Messages, chat, rounds);
  measure_stream(Dialect::Messages, Dialect::Chat, convert(Dialect::Chat, Dialect::Messages, chat), rounds);
}
