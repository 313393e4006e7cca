// The outcome of something that may fail while the gateway serves: a value, never an exception.
//
// `Result<T>` is named after `std::expected` so that it can become it. Lower folders return facts
// in an `Error`; only `gateway` and `api` log them and turn them into a reply.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace aigw {

// What went wrong, free of HTTP: `gateway/errors` holds the one table from kinds to statuses.
enum class ErrorKind {
  BadRequest,    // the client's request can't be understood
  NotFound,      // the model or path does not exist
  TooLarge,      // over a configured size
  Unavailable,   // nothing can answer now
  Refused,       // the provider's port refused, or its name does not resolve
  Broken,        // the connection broke off before the answer was whole
  Garbled,       // the answer can't be parsed, or is empty
  TlsFailed,     // no trusted TLS connection
  TimedOut,      // a time limit passed
  ClientGone,    // the client hung up; no provider's fault
  Io,            // a file can't be read or written
  Invalid,       // a value is out of its range
  Conflict,      // it is there already, or something else stands in the way
};

struct Error {
  ErrorKind kind = ErrorKind::Unavailable;
  std::string detail;  // for the log and for the operator; never holds a credential
};

inline Error invalid(std::string detail) { return {ErrorKind::Invalid, std::move(detail)}; }

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::in_place_index<0>, std::move(value)) {}        // NOLINT: a value is a success
  Result(Error error) : value_(std::in_place_index<1>, std::move(error)) {}    // NOLINT: an error is a failure

  explicit operator bool() const { return value_.index() == 0; }
  bool has_value() const { return value_.index() == 0; }

  // Precondition: has_value().
  T& value() & { return std::get<0>(value_); }
  const T& value() const& { return std::get<0>(value_); }
  T&& value() && { return std::get<0>(std::move(value_)); }
  T& operator*() { return std::get<0>(value_); }
  const T& operator*() const { return std::get<0>(value_); }
  T* operator->() { return &std::get<0>(value_); }
  const T* operator->() const { return &std::get<0>(value_); }

  // Precondition: !has_value().
  const Error& error() const { return std::get<1>(value_); }

 private:
  std::variant<T, Error> value_;
};

// A step that gives nothing back but may fail.
struct Done {};
using Status = Result<Done>;

}  // namespace aigw
