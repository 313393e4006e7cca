#include "gateway/mock_answers.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <ctime>
#include <functional>

#include "base/text.h"
#include "protocol/facts.h"
#include "protocol/openai_error.h"

namespace aigw::gateway {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// The text of a string, of a message's content, or of a list of parts.
std::string text_of(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (content.is_array()) {
    for (const Json& part : content) {
      const auto found = part.is_object() ? part.find("text") : part.end();
      if (part.is_object() && found != part.end() && found->is_string()) text += found->get<std::string>();
    }
  }
  return text;
}

// What the user said last, in any of the request forms.
std::string last_words(const Json& request) {
  for (const char* const field : {"messages", "input", "prompt"}) {
    const auto found = request.find(field);
    if (found == request.end()) continue;
    if (found->is_array() && !found->empty() && found->back().is_object()) {
      const auto content = found->back().find("content");
      return content == found->back().end() ? "" : text_of(*content);
    }
    if (found->is_array() && !found->empty()) return text_of(found->back());
    return text_of(*found);
  }
  return "";
}

// A text in the pieces in which a model would say it: words with the blank before them.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find(' ', begin + 1);
    words.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) break;
    begin = end;
  }
  return words;
}

struct Context {
  Json request;
  std::string model;
  std::string text;
  bool stream = false;
  bool include_usage = false;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;

  Json usage() const {
    return {{"prompt_tokens", prompt_tokens},
            {"completion_tokens", completion_tokens},
            {"total_tokens", prompt_tokens + completion_tokens}};
  }
};

std::string event(const Json& data) { return "data: " + dump(data) + "\n\n"; }

MockAnswer json_answer(const Json& json) { return {200, "application/json", {dump(json)}, 0}; }

// Chat Completions and legacy Completions differ in where the text stands.
MockAnswer completion(const Context& context, bool chat) {
  const std::string id = chat ? "chatcmpl-mock" : "cmpl-mock";
  Json frame = {{"id", id},
                {"object", chat ? "chat.completion" : "text_completion"},
                {"created", static_cast<std::int64_t>(std::time(nullptr))},
                {"model", context.model}};
  if (!context.stream) {
    Json choice = {{"index", 0}};
    if (chat) {
      choice["message"] = {{"role", "assistant"}, {"content", context.text}, {"refusal", nullptr}};
    } else {
      choice["text"] = context.text;
    }
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = "stop";
    frame["choices"] = Json::array({choice});
    frame["usage"] = context.usage();
    return json_answer(frame);
  }
  if (chat) frame["object"] = "chat.completion.chunk";
  const auto chunk = [&](const Json& content, const Json& finish) {
    Json choice = {{"index", 0}, {chat ? "delta" : "text", content}, {"logprobs", nullptr}, {"finish_reason", finish}};
    Json whole = frame;
    whole["choices"] = Json::array({choice});
    return event(whole);
  };
  MockAnswer answer{200, "text/event-stream", {}, context.include_usage ? 3u : 2u};
  if (chat) answer.pieces.push_back(chunk({{"role", "assistant"}, {"content", ""}}, nullptr));
  for (const std::string& word : words_of(context.text)) {
    answer.pieces.push_back(chunk(chat ? Json{{"content", word}} : Json(word), nullptr));
  }
  answer.pieces.push_back(chunk(chat ? Json::object() : Json(""), "stop"));
  if (context.include_usage) {
    Json usage = frame;
    usage["choices"] = Json::array();
    usage["usage"] = context.usage();
    answer.pieces.push_back(event(usage));
  }
  answer.pieces.push_back("data: [DONE]\n\n");
  return answer;
}

MockAnswer chat_completion(const Context& context) { return completion(context, true); }
MockAnswer text_completion(const Context& context) { return completion(context, false); }

MockAnswer embeddings(const Context& context) {
  const auto input = context.request.find("input");
  const bool several =
      input != context.request.end() && input->is_array() && !input->empty() && !input->front().is_number();
  const std::size_t count = several ? input->size() : 1;
  const auto encoding = context.request.find("encoding_format");
  const bool base64 = encoding != context.request.end() && *encoding == "base64";
  Json data = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    // (0, 0.5, -1, 2) as numbers, and as base64 of little-endian floats.
    const Json vector = base64 ? Json("AAAAAAAAAD8AAIC/AAAAQA==") : Json::array({0.0, 0.5, -1.0, 2.0});
    data.push_back({{"object", "embedding"}, {"index", i}, {"embedding", vector}});
  }
  return json_answer({{"object", "list"},
                      {"data", data},
                      {"model", context.model},
                      {"usage", {{"prompt_tokens", context.prompt_tokens}, {"total_tokens", context.prompt_tokens}}}});
}

MockAnswer moderation(const Context& context) {
  const Json result = {{"flagged", false}, {"categories", Json::object()}, {"category_scores", Json::object()}};
  return json_answer({{"id", "modr-mock"}, {"model", context.model}, {"results", Json::array({result})}});
}

MockAnswer rerank(const Context& context) {
  Json results = Json::array();
  const auto documents = context.request.find("documents");
  const std::size_t count = documents != context.request.end() && documents->is_array() ? documents->size() : 0;
  for (std::size_t i = 0; i < count; ++i) {
    results.push_back({{"index", i}, {"relevance_score", 1.0 / static_cast<double>(i + 1)}});
  }
  return json_answer({{"id", "rerank-mock"}, {"model", context.model}, {"results", results}});
}

MockAnswer image(const Context&) {
  // A PNG of one transparent pixel.
  constexpr char kPixel[] =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
  return json_answer({{"created", static_cast<std::int64_t>(std::time(nullptr))},
                      {"data", Json::array({Json{{"b64_json", kPixel}}})}});
}

MockAnswer speech(const Context&) {
  // A tenth of a second of silence: WAV, 8 kHz, 8 bit, mono.
  constexpr std::size_t kSamples = 800;
  std::string wav(
      "RIFF\x44\x03\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00"
      "data\x20\x03\x00\x00",
      44);
  wav.append(kSamples, '\x80');
  return {200, "audio/wav", {wav}, 0};
}

MockAnswer transcription(const Context& context) { return json_answer({{"text", context.text}}); }

struct Answerer {
  std::string_view path;
  MockAnswer (*answer)(const Context&);
};

constexpr Answerer kAnswerers[] = {
    {"/chat/completions", chat_completion},
    {"/completions", text_completion},
    {"/embeddings", embeddings},
    {"/moderations", moderation},
    {"/rerank", rerank},
    {"/images/generations", image},
    {"/images/edits", image},
    {"/audio/speech", speech},
    {"/audio/transcriptions", transcription},
    {"/audio/translations", transcription},
};

Context understand(std::string_view body, std::string_view name, std::string_view reply) {
  Context context;
  context.request = Json::parse(body, nullptr, false);
  if (!context.request.is_object()) context.request = Json::object();  // a form
  const Json& request = context.request;
  const auto model = request.find("model");
  context.model = model != request.end() && model->is_string() ? model->get<std::string>() : "mock";
  const auto stream = request.find("stream");
  context.stream = stream != request.end() && stream->is_boolean() && stream->get<bool>();
  const auto options = request.find("stream_options");
  if (options != request.end() && options->is_object()) {
    const auto usage = options->find("include_usage");
    context.include_usage = usage != options->end() && usage->is_boolean() && usage->get<bool>();
  }
  const std::string words = shorten(last_words(request), 200);
  context.text = !reply.empty() ? std::string(reply)
                                : "Hello from " + std::string(name) + ", a mock provider of the gateway." +
                                      (words.empty() ? "" : " You said: " + words);
  context.prompt_tokens = protocol::estimate_tokens(body.size());
  context.completion_tokens = protocol::estimate_tokens(context.text.size());
  return context;
}

}  // namespace

MockAnswer MockAnswer::to(std::string_view path, std::string_view body, std::string_view name, std::string_view reply) {
  for (const Answerer& answerer : kAnswerers) {
    if (answerer.path == path) return answerer.answer(understand(body, name, reply));
  }
  return failure(name, 404);
}

MockAnswer MockAnswer::failure(std::string_view name, int status) {
  protocol::OpenAiError error;
  error.message = "The mock provider " + std::string(name) + " fails as configured.";
  error.type = status == 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error";
  error.code = "mock_failure";
  return {status, "application/json", {protocol::to_json(error)}, 0};
}

}  // namespace aigw::gateway
