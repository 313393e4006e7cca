// A small blocking HTTP/1.1 client on one keep-alive connection to 127.0.0.1, for the load generators.
//
// Not thread-safe; a connection is used by one thread. Any failure ends the program with a message: a
// measurement with failures in it is none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

// An unconnected client is used to ask "is it there yet?".
int try_connect(int port);  // a connected socket, or -1
int connect_to(int port);   // a connected socket; ends the program if nobody listens

void send_all(int fd, std::string_view data);

// A whole `POST` with the bench's credential.
std::string post_request(std::string_view path, std::string_view body);

// The same of `/v1/chat/completions`. `padding` bytes are put into the message.
std::string chat_request(bool stream, std::size_t padding);

// Reads one answer with a Content-Length or in chunks to its end; returns its status, or -1 if the peer closed.
int read_answer(int fd);

}  // namespace bench
