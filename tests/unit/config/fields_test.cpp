// Holds config/provider.schema.json, which editors read, to what the loader does.
#include "config/fields.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
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
                           {Object::Capabilities, "capabilities"}, {Object::Params, "params"}};

// What the schema says of a field, through its reference.
Json rule_of(const Json& schema, const Json& property) {
  const std::string prefix = "#/definitions/";
  if (!property.contains("$ref")) return property;
  return schema.at("definitions").at(property.at("$ref").get<std::string>().substr(prefix.size()));
}

// A valid file in which the object of this kind holds `fields` besides what it must have. The second provider is
// there so that the first may have weight 0.
Json file_with(Object object, const Json& fields) {
  Json file = Json::parse(R"({"m": {"providers": [{"name": "p", "type": "mock"}, {"name": "q", "type": "mock"}]}})");
  Json& entry = file["m"]["providers"][0];
  Json* target = &entry;
  switch (object) {
    case Object::Global: target = &file["_global"]; break;
    case Object::Account:
      entry["use"] = "acc";
      target = &file["_providers"]["acc"];
      break;
    case Object::Route: target = &file["m"]; break;
    case Object::Provider: break;
    case Object::Window:
      target = &entry["rate_limit"];
      *target = {{"requests_per_period", 5}, {"tokens_per_period", 5}};
      break;
    case Object::Mock: target = &entry["mock"]; break;
    case Object::Capabilities: target = &entry["capabilities"]; break;
    case Object::Params: target = &entry["params"]; break;
  }
  if (target->is_null()) *target = Json::object();
  target->update(fields);
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
  return one && other && one->global == other->global && routes_of(*one) == routes_of(*other);
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
  if (rule.contains("oneOf")) {
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
  CHECK(top == std::set<std::string>{kGlobalName, kAccountsName, kSchemaName});
}

TEST_CASE("a default of the schema is what the loader takes for an absent field") {
  const Json schema = read_schema();
  // Required, or taken from somewhere else when absent.
  const std::set<std::string> without_default = {"name",    "use",       "model",  "endpoint",     "api_key",
                                                 "api_key_file", "retry", "timeout", "mock",    "providers",
                                                 "period",  "capabilities", "params", "system_role"};
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
      // The defaults of these two would hide: an object that is there for the field's sake, and a mock of a type.
      if (kind.object == Object::Window) absent["m"]["providers"][0]["rate_limit"].erase(name);
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
        REQUIRE(rule.contains("minimum"));
        const double step = types.contains("integer") ? 1 : 0.0009;
        CHECK(load(kind.object, {{name, rule.at("minimum")}}).problems.empty());
        CHECK_FALSE(load(kind.object, {{name, rule.at("minimum").get<double>() - step}}).problems.empty());
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
  CHECK_FALSE(load(Object::Provider, {{"dialects", {"gemini"}}}).problems.empty());
  CHECK_FALSE(load(Object::Capabilities, {{"effort_levels", {"another"}}}).problems.empty());
  CHECK_FALSE(load(Object::Capabilities, {{"effort_levels", Json::array()}}).problems.empty());
}

TEST_CASE("a list of windows may be as long as the schema says") {
  const Json schema = read_schema();
  for (const Object object : {Object::Provider, Object::Account}) {
    const Json list = schema.at("definitions").at("rate_limit").at("oneOf").at(1);
    const auto shortest = list.at("minItems").get<std::size_t>();
    const auto longest = list.at("maxItems").get<std::size_t>();
    for (std::size_t count = 0; count <= longest + 2; ++count) {
      CAPTURE(count);
      const Loaded result = load(object, {{"rate_limit", windows(count)}});
      CHECK(result.problems.empty() == (count >= shortest && count <= longest));
    }
  }
}

TEST_CASE("which fields a window must have, and which exclude each other, is what the schema says") {
  const Json window = read_schema().at("definitions").at("window");
  const std::vector<std::pair<std::string, Json>> values = {
      {"requests_per_period", 1}, {"tokens_per_period", 2}, {"period_cron", "0 0 1 * *"}, {"period", "5h"}};
  REQUIRE(values.size() == known_fields(Object::Window).size());
  for (unsigned chosen = 0; chosen < 16; ++chosen) {
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
