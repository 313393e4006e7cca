// Holds config/provider.schema.json, which editors read, to what the loader does.
#include "config/fields.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "config/loading.h"

namespace aigw::config {
namespace {

using Json = nlohmann::ordered_json;

Json read_schema() {
  std::ifstream file(GATEWAY_SOURCE_DIR "/config/provider.schema.json");
  return Json::parse(file);
}

struct Kind {
  Object object;
  const char* definition;
};
constexpr Kind kKinds[] = {{Object::Global, "global"},     {Object::Account, "account"},
                           {Object::Route, "route"},       {Object::Provider, "provider"},
                           {Object::Window, "window"},     {Object::Mock, "mock"},
                           {Object::Capabilities, "capabilities"}, {Object::Params, "params"},
                           {Object::Key, "key"},           {Object::Owner, "owner"},
                           {Object::Limits, "limits"},     {Object::Price, "price"},
                           {Object::Jwt, "jwt"},           {Object::Webhook, "webhook"}};

// What the schema says of a field, through its reference.
Json rule_of(const Json& schema, const Json& property) {
  const std::string prefix = "#/definitions/";
  if (!property.contains("$ref")) return property;
  return schema.at("definitions").at(property.at("$ref").get<std::string>().substr(prefix.size()));
}

// Where the object of this kind stands in a file.
std::string pointer_to(Object object) {
  switch (object) {
    case Object::Global: return "/_global";
    case Object::Account: return "/_providers/acc";
    case Object::Route: return "/m";
    case Object::Provider: return "/m/providers/0";
    case Object::Window: return "/m/providers/0/rate_limit";
    case Object::Mock: return "/m/providers/0/mock";
    case Object::Capabilities: return "/m/providers/0/capabilities";
    case Object::Params: return "/m/providers/0/params";
    case Object::Key: return "/_keys/k";
    case Object::Owner: return "/_owners/o";
    case Object::Limits: return "/_global/limits";
    case Object::Price: return "/_global/prices/x";
    case Object::Jwt: return "/_global/jwt";
    case Object::Webhook: return "/_global/webhooks/0";
  }
  return "";
}

// What an object of this kind is given so that it is valid without any other field.
Json required_of(Object object) {
  switch (object) {
    case Object::Window: return {{"requests_per_period", 5}, {"tokens_per_period", 5}};
    case Object::Limits: return {{"requests_per_minute", 5}, {"tokens_per_minute", 5}};
    case Object::Price: return {{"input", 1}, {"output", 1}};
    case Object::Key: return {{"key", "0123456789abcdef"}};
    case Object::Webhook: return {{"url", "http://localhost"}};
    case Object::Jwt:
      return {{"issuer", "i"}, {"audience", "a"}, {"secret", "0123456789abcdef0123456789abcdef"}};
    default: return Json::object();
  }
}

// A valid file in which the object of this kind holds `fields` besides what it must have. The second provider is
// there so that the first may have weight 0.
Json file_with(Object object, const Json& fields) {
  Json file = Json::parse(R"({"m": {"providers": [{"name": "p", "type": "mock"}, {"name": "q", "type": "mock"}]}})");
  if (object == Object::Account) file["m"]["providers"][0]["use"] = "acc";
  Json& target = file[Json::json_pointer(pointer_to(object))];
  if (target.is_null()) target = Json::object();
  target.update(required_of(object));
  target.update(fields);
  return file;
}

Loaded load(Object object, const Json& fields) { return load_text(file_with(object, fields).dump(), kNoVariables); }

// Without the note which capabilities were written: one that says the default is as good as none.
std::vector<Route> routes_of(const Config& config) {
  std::vector<Route> routes = config.routes;
  for (Route& route : routes) {
    for (Provider& provider : route.providers) provider.own_capabilities.clear();
  }
  return routes;
}

bool same(const Snapshot& one, const Snapshot& other) {
  return one && other && one->global == other->global && one->keys == other->keys && one->owners == other->owners &&
         routes_of(*one) == routes_of(*other);
}

// A value of the type, to see whether the loader refuses the types that the schema does not name.
const std::vector<std::pair<std::string, Json>>& samples() {
  static const std::vector<std::pair<std::string, Json>> values = {
      {"null", nullptr}, {"boolean", true}, {"number", 2.5}, {"string", "x\x01"}, {"array", Json::array()},
      {"object", Json::object()}};
  return values;
}

// Of a rule with alternatives the types of all of them.
std::set<std::string> types_of(const Json& schema, const Json& rule) {
  if (!rule.contains("type")) {
    std::set<std::string> types;
    for (const Json& alternative : rule.at("oneOf")) types.merge(types_of(schema, rule_of(schema, alternative)));
    return types;
  }
  const Json type = rule.at("type");
  return type.is_array() ? type.get<std::set<std::string>>() : std::set<std::string>{type.get<std::string>()};
}

// Whether an object with these fields has what `{"required": [...]}` asks for.
bool has_required(const Json& fields, const Json& rule) {
  const Json& required = rule.at("required");
  return std::all_of(required.begin(), required.end(),
                     [&](const Json& name) { return fields.contains(name.get<std::string>()); });
}

bool contains_any(const std::string& text, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return text.find(part) != std::string::npos; });
}

Json windows(std::size_t count) {
  Json list = Json::array();
  for (std::size_t i = 1; i <= count; ++i) {
    list.push_back({{"requests_per_period", 1}, {"period", std::to_string(i) + "h"}});
  }
  return list;
}

}  // namespace

TEST_SUITE("config/fields") {

TEST_CASE("schema and loader know the same fields") {
  const Json schema = read_schema();
  for (const Kind& kind : kKinds) {
    CAPTURE(std::string(kind.definition));
    const Json definition = schema.at("definitions").at(kind.definition);
    CHECK(definition.at("additionalProperties") == false);
    std::set<std::string> in_schema;
    for (const auto& [name, property] : definition.at("properties").items()) in_schema.insert(name);
    const std::vector<std::string>& known = known_fields(kind.object);
    CHECK(in_schema == std::set<std::string>(known.begin(), known.end()));
    CHECK(in_schema.size() == known.size());
  }
  std::set<std::string> top;
  for (const auto& [name, property] : schema.at("properties").items()) top.insert(name);
  CHECK(top == std::set<std::string>{kGlobalName, kAccountsName, kKeysName, kOwnersName, kSchemaName});
}

TEST_CASE("a default of the schema is what the loader takes for an absent field") {
  const Json schema = read_schema();
  // Required, or taken from somewhere else when absent.
  const std::set<std::string> without_default = {"name",    "use",       "model",  "endpoint",     "api_key",
                                                 "api_key_file", "retry", "timeout", "mock",    "providers",
                                                 "period",  "capabilities", "params", "system_role",
                                                 "key", "key_file", "sha256", "issuer", "audience", "secret",
                                                 "public_key", "public_key_file", "jwks_file", "jwks_url", "url"};
  for (const Kind& kind : kKinds) {
    for (const auto& [name, property] : schema.at("definitions").at(kind.definition).at("properties").items()) {
      const std::string field = std::string(kind.definition) + "." + name;
      CAPTURE(field);
      const Json rule = rule_of(schema, property);
      CHECK((property.contains("description") || rule.contains("description")));
      if (!rule.contains("default")) {
        CHECK(without_default.contains(name));
        continue;
      }
      Json absent = file_with(kind.object, Json::object());
      Json written = file_with(kind.object, {{name, rule.at("default")}});
      // The defaults of these would hide: what is there for the object's sake, and a mock of a type.
      if (required_of(kind.object).contains(name)) absent[Json::json_pointer(pointer_to(kind.object))].erase(name);
      if (name == "type") {
        for (Json* file : {&absent, &written}) {
          (*file)["m"]["providers"][0].update({{"endpoint", "http://localhost"}, {"model", "m"}});
        }
        if (kind.object == Object::Provider) absent["m"]["providers"][0].erase("type");
        if (kind.object == Object::Account) {
          absent["m"]["providers"][0].erase("type");
          written["m"]["providers"][0].erase("type");
        }
      }
      const Loaded with = load_text(written.dump(), kNoVariables);
      CHECK(lines_of(texts_of(with.problems)) == "");
      CHECK(same(with.config, load_text(absent.dump(), kNoVariables).config));
    }
  }
}

TEST_CASE("ranges and words of the schema are those of the loader") {
  const Json schema = read_schema();
  for (const Kind& kind : kKinds) {
    for (const auto& [name, property] : schema.at("definitions").at(kind.definition).at("properties").items()) {
      const std::string field = std::string(kind.definition) + "." + name;
      CAPTURE(field);
      const Json rule = rule_of(schema, property);
      const std::set<std::string> types = types_of(schema, rule);
      if (types.contains("integer") || types.contains("number")) {
        const bool open = rule.contains("exclusiveMinimum");
        REQUIRE((open || rule.contains("minimum")));
        const double step = types.contains("integer") ? 1 : open ? 0 : 0.0009;
        const Json smallest = open ? Json(1e-9) : rule.at("minimum");
        CHECK(lines_of(texts_of(load(kind.object, {{name, smallest}}).problems)) == "");
        const double below = rule.at(open ? "exclusiveMinimum" : "minimum").get<double>() - step;
        CHECK_FALSE(load(kind.object, {{name, below}}).problems.empty());
      }
      if (rule.contains("maximum")) {
        CHECK(load(kind.object, {{name, rule.at("maximum")}}).problems.empty());
        CHECK_FALSE(load(kind.object, {{name, rule.at("maximum").get<double>() + 1}}).problems.empty());
      }
      if (!rule.contains("enum")) continue;
      for (const Json& word : rule.at("enum")) {
        CAPTURE(word);
        const std::string problems = lines_of(texts_of(load(kind.object, {{name, word}}).problems));
        CHECK(problems.find("unknown") == std::string::npos);
      }
      CHECK_FALSE(load(kind.object, {{name, "another"}}).problems.empty());
    }
  }
}

TEST_CASE("types that the schema does not name are refused") {
  const Json schema = read_schema();
  for (const Kind& kind : kKinds) {
    for (const auto& [name, property] : schema.at("definitions").at(kind.definition).at("properties").items()) {
      const std::set<std::string> types = types_of(schema, rule_of(schema, property));
      for (const auto& [type, sample] : samples()) {
        const std::string given = std::string(kind.definition) + "." + name + ": " + type;
        CAPTURE(given);
        const Loaded result = load(kind.object, {{name, sample}});
        if (type == "null" && types.contains("null")) {
          CHECK(lines_of(texts_of(result.problems)) == "");
        } else if (!types.contains(type)) {
          CHECK_FALSE(result.problems.empty());
        }
      }
    }
  }
}

TEST_CASE("the words of lists are those of the schema") {
  const Json schema = read_schema();
  const Json dialects = schema.at("definitions").at("dialects").at("items").at("enum");
  const Json efforts =
      schema.at("definitions").at("capabilities").at("properties").at("effort_levels").at("items").at("enum");
  for (const Json& word : dialects) {
    CAPTURE(word);
    const Json fields = {{"type", "openai"}, {"endpoint", "http://localhost"}, {"model", "m"},
                         {"dialects", Json::array({word})}};
    CHECK(load(Object::Provider, fields).problems.empty());
  }
  for (const Json& word : efforts) {
    CAPTURE(word);
    CHECK(load(Object::Capabilities, {{"effort_levels", Json::array({word})}}).problems.empty());
  }
  for (const Json& word : schema.at("definitions").at("webhook").at("properties").at("events").at("items").at("enum")) {
    CAPTURE(word);
    CHECK(load(Object::Webhook, {{"events", Json::array({word})}}).problems.empty());
  }
  CHECK_FALSE(load(Object::Webhook, {{"events", {"another"}}}).problems.empty());
  CHECK_FALSE(load(Object::Webhook, {{"events", Json::array()}}).problems.empty());
  CHECK_FALSE(load(Object::Provider, {{"dialects", {"gemini"}}}).problems.empty());
  CHECK_FALSE(load(Object::Capabilities, {{"effort_levels", {"another"}}}).problems.empty());
  CHECK_FALSE(load(Object::Capabilities, {{"effort_levels", Json::array()}}).problems.empty());
}

TEST_CASE("a list of windows may be as long as the schema says") {
  const Json schema = read_schema();
  const std::pair<Object, const char*> fields[] = {{Object::Provider, "rate_limit"}, {Object::Account, "rate_limit"},
                                                   {Object::Key, "budget"}, {Object::Owner, "budget"}};
  for (const auto& [object, name] : fields) {
    const Json list = schema.at("definitions").at("rate_limit").at("oneOf").at(1);
    const auto shortest = list.at("minItems").get<std::size_t>();
    const auto longest = list.at("maxItems").get<std::size_t>();
    for (std::size_t count = 0; count <= longest + 2; ++count) {
      CAPTURE(count);
      const Loaded result = load(object, {{name, windows(count)}});
      CHECK(result.problems.empty() == (count >= shortest && count <= longest));
    }
  }
}

TEST_CASE("which fields a window must have, and which exclude each other, is what the schema says") {
  const Json window = read_schema().at("definitions").at("window");
  const std::vector<std::pair<std::string, Json>> values = {
      {"requests_per_period", 1}, {"tokens_per_period", 2}, {"period_cron", "0 0 1 * *"}, {"period", "5h"},
      {"cost_per_period", 0.5}};
  REQUIRE(values.size() == known_fields(Object::Window).size());
  for (unsigned chosen = 0; chosen < 32; ++chosen) {
    Json fields = Json::object();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if ((chosen >> i & 1U) != 0) fields[values[i].first] = values[i].second;
    }
    CAPTURE(fields.dump());
    const Json& any = window.at("anyOf");
    const bool enough =
        std::any_of(any.begin(), any.end(), [&](const Json& rule) { return has_required(fields, rule); });
    const bool valid = enough && !has_required(fields, window.at("not"));
    CHECK(load(Object::Provider, {{"rate_limit", fields}}).problems.empty() == valid);
    CHECK(load(Object::Provider, {{"rate_limit", Json::array({fields})}}).problems.empty() == valid);
  }
}

TEST_CASE("of what an object must have one of, the schema says the same") {
  const std::string secret(32, 's');
  struct Alternatives {
    Kind kind;
    const char* rule;
    std::vector<std::pair<std::string, Json>> values;
  };
  const Alternatives objects[] = {
      {{Object::Key, "key"}, "oneOf",
       {{"key", secret}, {"key_file", "/nonexistent"}, {"sha256", std::string(64, 'a')}}},
      {{Object::Jwt, "jwt"}, "oneOf",
       {{"secret", secret}, {"public_key", "-----BEGIN PUBLIC KEY-----"}, {"public_key_file", "/nonexistent"},
        {"jwks_file", "/nonexistent"}, {"jwks_url", "https://id.example.com/jwks"}}},
      {{Object::Limits, "limits"}, "anyOf",
       {{"requests_per_minute", 1}, {"tokens_per_minute", 1}, {"max_concurrent", 1}}},
      {{Object::Price, "price"}, "anyOf", {{"input", 1}, {"output", 1}, {"per_request", 1}, {"cached_input", 1}}},
  };
  for (const Alternatives& object : objects) {
    const Json rules = read_schema().at("definitions").at(object.kind.definition).at(object.rule);
    for (unsigned chosen = 0; chosen < 1U << object.values.size(); ++chosen) {
      Json fields = Json::object();
      for (std::size_t i = 0; i < object.values.size(); ++i) {
        if ((chosen >> i & 1U) != 0) fields[object.values[i].first] = object.values[i].second;
      }
      CAPTURE(fields.dump());
      const auto fitting =
          std::count_if(rules.begin(), rules.end(), [&](const Json& rule) { return has_required(fields, rule); });
      Json whole = file_with(object.kind.object, Json::object());
      Json& target = whole[Json::json_pointer(pointer_to(object.kind.object))];
      const Json required = required_of(object.kind.object);
      for (const auto& [name, value] : required.items()) {
        if (name != "issuer" && name != "audience") target.erase(name);
      }
      target.update(fields);
      // Alone in its file, a key that can't be used is a problem of another kind.
      whole["_global"]["api_key"] = "k";
      const std::string problems = problems_of(whole.dump());
      const bool refused = contains_any(problems, {" is required", "exclude each other"});
      CHECK(refused == (std::string(object.rule) == "oneOf" ? fitting != 1 : fitting == 0));
    }
  }
}

TEST_CASE("names of keys and owners are those of the schema") {
  const Json definitions = read_schema().at("definitions");
  const Json key_name = definitions.at("key_name");
  for (const Json& own : key_name.at("not").at("enum")) {
    CAPTURE(own);
    const Json file = {{"_keys", {{own.get<std::string>(), {{"key", "0123456789abcdef"}}}}}};
    CHECK_FALSE(problems_of(file.dump()).empty());
  }
  for (const std::string& name : {std::string("a"), std::string("-a"), std::string("Max.Muster_1@home"),
                                  std::string(100, 'x'), std::string(101, 'x'), std::string("a b"), std::string("a/b"),
                                  std::string("ä"), std::string()}) {
    CAPTURE(name);
    const bool valid = std::regex_match(name, std::regex(key_name.at("pattern").get<std::string>()));
    const Json file = {{"_keys", {{name, {{"key", "0123456789abcdef"}}}}}};
    CHECK(problems_of(file.dump()).empty() == valid);
  }
  for (const std::string& name : {std::string("Jörg & Söhne"), std::string("*"), std::string(200, 'x'),
                                  std::string(201, 'x'), std::string("a/b"), std::string()}) {
    CAPTURE(name);
    const Json rule = definitions.at("owner_name");
    const bool valid = std::regex_match(name, std::regex(rule.at("pattern").get<std::string>())) &&
                       name.size() >= rule.at("minLength").get<std::size_t>() &&
                       name.size() <= rule.at("maxLength").get<std::size_t>();
    const Json file = {{"_owners", {{name, Json::object()}}}};
    CHECK(problems_of(file.dump()).empty() == valid);
  }
}

TEST_CASE("the shipped file loads without a problem or a warning, and its model demo works without a key") {
  const Loaded shipped = load_file(GATEWAY_SOURCE_DIR "/config/provider.json", kNoVariables);
  CHECK(lines_of(texts_of(shipped.problems)) == "");
  CHECK(lines_of(shipped.warnings) == "");
  REQUIRE(shipped.config != nullptr);
  CHECK(shipped.config->global == Global{});
  for (const Route& route : shipped.config->routes) {
    CAPTURE(route.model);
    for (const Provider& provider : route.providers) {
      CHECK(provider.enabled == (route.model == "demo"));
      CHECK((provider.type == ProviderType::Mock) == (route.model == "demo"));
      CHECK(provider.api_key.empty());
    }
  }
  const Route& demo = shipped.config->routes.at(0);
  REQUIRE(demo.model == "demo");
  REQUIRE(demo.providers.size() == 2);
  CHECK(demo.providers[0].name == "demo-primary");
  CHECK(demo.providers[0].priority == 1);
  CHECK(demo.providers[1].name == "demo-backup");
  CHECK(demo.providers[1].priority == 2);
}

TEST_CASE("every example of the shipped file is whole once it is enabled and its variable set") {
  std::ifstream file(GATEWAY_SOURCE_DIR "/config/provider.json");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string off = "\"enabled\": false";
  for (std::size_t at = text.find(off); at != std::string::npos; at = text.find(off)) {
    text.replace(at, off.size(), "\"enabled\": true");
  }
  const Environment all = [](std::string_view name) -> std::optional<std::string> {
    if (name.substr(name.size() - 4) == "_KEY") return "key";
    return std::nullopt;
  };
  const Loaded enabled = load_text(text, all);
  CHECK(lines_of(texts_of(enabled.problems)) == "");
  CHECK(lines_of(enabled.warnings) == "");
}

}  // TEST_SUITE

}  // namespace aigw::config
