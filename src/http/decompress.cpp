#include "http/decompress.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/text.h"
#include "http/httplib_compat.h"

namespace aigw::http {
namespace {

// What httplib reads: an answer's head that names the coding, then the coded bytes. The request that it would write
// goes nowhere.
class CodedStream : public ParserStream {
 public:
  CodedStream(std::string head, const ByteSource& source) : head_(std::move(head)), source_(source) {}

  ssize_t read(char* data, std::size_t size) override {
    if (at_ == head_.size()) return source_(data, size);
    const std::size_t count = std::min(size, head_.size() - at_);
    std::memcpy(data, head_.data() + at_, count);
    at_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char*, std::size_t size) override { return static_cast<ssize_t>(size); }

 private:
  std::string head_;
  std::size_t at_ = 0;
  const ByteSource& source_;
};

class Decoder : public httplib::ClientImpl {
 public:
  Decoder() : ClientImpl("localhost") {}
  bool decode(httplib::Stream& stream, const ByteSink& sink) {
    httplib::Request request;
    request.method = "GET";
    request.path = "/";
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      return sink({data, size});
    };
    httplib::Response response;
    httplib::Error error = httplib::Error::Success;
    return process_request(stream, request, response, false, error);
  }
};

}  // namespace

bool is_known_coding(std::string_view content_encoding) {
  return iequals(content_encoding, "gzip") || iequals(content_encoding, "deflate") || iequals(content_encoding, "br");
}

bool decompress(std::string_view content_encoding, const ByteSource& source, const ByteSink& sink) {
  CodedStream stream("HTTP/1.1 200 OK\r\nContent-Encoding: " + lower(content_encoding) + "\r\n\r\n", source);
  return Decoder().decode(stream, sink);
}

}  // namespace aigw::http
