// How the fields of one JSON object are written down: as a table of names and of what reads each value into a
// struct. The tables stand in config/fields.cpp; this is what they are made of.
//
// A reader that is given a bad value reports it and leaves the struct as it is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "config/value.h"

namespace aigw::config {

template <typename T>
using Read = std::function<void(const Value& value, T& into)>;

template <typename T>
struct Field {
  const char* name;
  Read<T> read;
};

template <typename T>
using Fields = std::vector<Field<T>>;

template <typename T>
std::vector<std::string> names_of(const Fields<T>& fields) {
  std::vector<std::string> names;
  for (const Field<T>& field : fields) names.emplace_back(field.name);
  return names;
}

// Reads every member that is a known field and reports the others. False if the value is no object.
template <typename T>
bool read_object(const Value& object, const Fields<T>& fields, T& into) {
  const auto members = object.members();
  if (!members) return false;
  for (const auto& [name, value] : *members) {
    const std::string& wanted = name;
    const auto field =
        std::find_if(fields.begin(), fields.end(), [&](const Field<T>& known) { return wanted == known.name; });
    if (field == fields.end()) {
      value.refuse("unknown field" + suggestion(name, names_of(fields)));
    } else {
      field->read(value, into);
    }
  }
  return true;
}

// The names of an object's members that are not null. Nothing of another value.
inline std::set<std::string> names_given(const Value& object) {
  std::set<std::string> names;
  const auto members = object.members();
  if (!members) return names;
  for (const auto& [name, member] : *members) {
    if (!member.is_null()) names.insert(name);
  }
  return names;
}

template <typename T>
Read<T> boolean(bool T::*field) {
  return [=](const Value& value, T& into) {
    if (const auto given = value.boolean()) into.*field = *given;
  };
}

template <typename T, typename Number>
Read<T> integer(Number T::*field, std::type_identity_t<Number> min, std::type_identity_t<Number> max) {
  return [=](const Value& value, T& into) {
    if (const auto given = value.integer(min, max)) into.*field = static_cast<Number>(*given);
  };
}

template <typename T>
Read<T> number(double T::*field, double min, double max) {
  return [=](const Value& value, T& into) {
    if (const auto given = value.number(min, max)) into.*field = *given;
  };
}

template <typename T>
Read<T> seconds(Millis T::*field, Millis min, Millis max) {
  return [=](const Value& value, T& into) {
    if (const auto given = value.seconds(min, max)) into.*field = *given;
  };
}

template <typename T>
Read<T> text(std::string T::*field) {
  return [=](const Value& value, T& into) {
    if (const auto given = value.text()) into.*field = given->value;
  };
}

// One of these words, which are what is called `what`.
inline std::optional<std::string> read_word(const Value& value, const char* what,
                                            const std::vector<std::string>& words) {
  const auto given = value.strict().text();
  if (!given) return std::nullopt;
  if (std::find(words.begin(), words.end(), given->value) != words.end()) return given->value;
  const std::string meant = suggestion(given->written, words);
  std::string message = std::string("unknown ") + what + " " + in_quotes(given->written);
  if (meant.empty()) {
    for (const std::string& word : words) message += (word == words.front() ? ", expected " : " or ") + in_quotes(word);
  }
  value.refuse(message + meant);
  return std::nullopt;
}

template <typename T>
Read<T> word(const char* what, std::string T::*field, std::vector<std::string> words) {
  return [=](const Value& value, T& into) {
    if (auto given = read_word(value, what, words)) into.*field = std::move(*given);
  };
}

// One of the words that to_string() has for the enumerators.
template <typename T, typename Enum>
Read<T> choice(const char* what, Enum T::*field, std::vector<Enum> enumerators) {
  return [=](const Value& value, T& into) {
    std::vector<std::string> words;
    for (const Enum enumerator : enumerators) words.emplace_back(to_string(enumerator));
    const auto given = read_word(value, what, words);
    for (const Enum enumerator : enumerators) {
      if (given && *given == to_string(enumerator)) into.*field = enumerator;
    }
  };
}

// `null` means the same as leaving the field out, and takes back what an account says.
template <typename T, typename Part>
Read<T> or_null(std::optional<Part> T::*field, std::function<std::optional<Part>(const Value&)> read) {
  return [=](const Value& value, T& into) {
    if (value.is_null()) {
      (into.*field).reset();
    } else if (auto given = read(value)) {
      into.*field = std::move(given);
    }
  };
}

// At least 1, without a limit where none is said, or `null`.
template <typename T>
Read<T> count_or_null(std::optional<std::int64_t> T::*field,
                      std::int64_t max = std::numeric_limits<std::int64_t>::max()) {
  return or_null<T, std::int64_t>(field, [=](const Value& value) { return value.integer(1, max); });
}

// Takes what a function gives.
template <typename T, typename Part>
Read<T> by(Part T::*field, std::optional<Part> (*read)(const Value&)) {
  return [=](const Value& value, T& into) {
    if (auto given = read(value)) into.*field = std::move(*given);
  };
}

template <typename T, typename Part>
Read<T> by_or_null(std::optional<Part> T::*field, std::optional<Part> (*read)(const Value&)) {
  return or_null<T, Part>(field, read);
}

}  // namespace aigw::config
