// An open file descriptor (file or socket) that closes itself.
#pragma once

#include <utility>

namespace aigw {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}  // takes it over; negative: none
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd();

  explicit operator bool() const { return number_ >= 0; }
  int get() const { return number_; }

 private:
  int number_ = -1;
};

}  // namespace aigw
