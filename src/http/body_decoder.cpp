#include "http/body_decoder.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/text.h"
#include "http/httplib_compat.h"

namespace aigw::http {
namespace {

// What httplib reads: a head that says only how the body is framed and coded, then the connection's bytes. What it
// would write (its own request, its own reply) goes nowhere.
class CodingStream : public ParserStream {
 public:
  CodingStream(std::string head, const ByteSource& source) : head_(std::move(head)), source_(source) {}

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

std::string head_for(std::string_view first_line, const Framing& framing, std::string_view content_encoding) {
  std::string head(first_line);
  if (framing.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (framing.content_length) {
    head += "Content-Length: " + std::to_string(*framing.content_length) + "\r\n";
  }
  if (framing.compressed) head += "Content-Encoding: " + lower(content_encoding) + "\r\n";
  return head + "\r\n";
}

class RequestDecoder : public httplib::Server {
 public:
  bool decode(httplib::Stream& stream, const ByteSink& sink) {
    bool whole = false;
    Post("/", [&](const httplib::Request&, httplib::Response&, const httplib::ContentReader& reader) {
      whole = reader([&](const char* data, std::size_t size) { return sink({data, size}); });
    });
    bool closed = false;
    const auto process = [this](auto&&... arguments) { return process_request(arguments...); };
    call_process_request(process, stream, closed);
    return whole;
  }
};

class AnswerDecoder : public httplib::ClientImpl {
 public:
  AnswerDecoder() : ClientImpl("localhost") {}
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

bool decode_request_body(const Framing& framing, std::string_view content_encoding, const ByteSource& source,
                         const ByteSink& sink) {
  CodingStream stream(head_for("POST / HTTP/1.1\r\n", framing, content_encoding), source);
  return RequestDecoder().decode(stream, sink);
}

bool decode_answer_body(const Framing& framing, std::string_view content_encoding, const ByteSource& source,
                        const ByteSink& sink) {
  CodingStream stream(head_for("HTTP/1.1 200 OK\r\n", framing, content_encoding), source);
  return AnswerDecoder().decode(stream, sink);
}

}  // namespace aigw::http
