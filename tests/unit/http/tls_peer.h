// The provider's end of a TLS connection, with a certificate made for the test.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <string>
#include <string_view>

#include "http/test_socket.h"

namespace aigw::http {

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

// A key and a certificate that it signed itself.
class Certificate {
 public:
  // `names` as in a subjectAltName: `DNS:localhost,IP:127.0.0.1`.
  explicit Certificate(const std::string& names)
      : key_(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")), certificate_(::X509_new()) {
    X509* const it = certificate_.get();
    ::X509_set_version(it, X509_VERSION_3);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(it), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(it), -60);
    ::X509_gmtime_adj(::X509_getm_notAfter(it), 24 * 60 * 60);
    ::X509_set_pubkey(it, key_.get());
    const unsigned char name[] = "test";
    ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(it), "CN", MBSTRING_ASC, name, -1, -1, 0);
    ::X509_set_issuer_name(it, ::X509_get_subject_name(it));
    const std::unique_ptr<X509_EXTENSION, FreeWith<::X509_EXTENSION_free>> extension(
        ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
    ::X509_add_ext(it, extension.get(), -1);
    if (::X509_sign(it, key_.get(), ::EVP_sha256()) == 0) throw std::runtime_error("no certificate");
  }

  // As a file of trusted certificates has it.
  std::string pem() const {
    const std::unique_ptr<BIO, FreeWith<::BIO_free>> memory(::BIO_new(::BIO_s_mem()));
    ::PEM_write_bio_X509(memory.get(), certificate_.get());
    std::string text(::BIO_ctrl_pending(memory.get()), '\0');
    ::BIO_read(memory.get(), text.data(), static_cast<int>(text.size()));
    return text;
  }

 private:
  friend class TlsPeer;
  std::unique_ptr<EVP_PKEY, FreeWith<::EVP_PKEY_free>> key_;
  std::unique_ptr<X509, FreeWith<::X509_free>> certificate_;
};

class TlsPeer {
 public:
  TlsPeer(const TestSocket& socket, const Certificate& certificate) : context_(::SSL_CTX_new(::TLS_server_method())) {
    ::SSL_CTX_use_certificate(context_.get(), certificate.certificate_.get());
    ::SSL_CTX_use_PrivateKey(context_.get(), certificate.key_.get());
    session_.reset(::SSL_new(context_.get()));
    ::SSL_set_fd(session_.get(), socket.fd());
  }

  bool shake_hands() { return ::SSL_accept(session_.get()) == 1; }
  void say_goodbye() { ::SSL_shutdown(session_.get()); }
  bool send(std::string_view bytes) {
    return ::SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  }
  // `bytes` bytes; less if the connection ends before.
  std::string receive(std::size_t bytes) {
    std::string received(bytes, '\0');
    std::size_t size = 0;
    while (size < bytes) {
      const int count = ::SSL_read(session_.get(), received.data() + size, static_cast<int>(bytes - size));
      if (count <= 0) break;
      size += static_cast<std::size_t>(count);
    }
    received.resize(size);
    return received;
  }
  // The head of a request.
  std::string receive_head() {
    std::string head;
    while (head.size() < 4 || head.compare(head.size() - 4, 4, "\r\n\r\n") != 0) {
      const std::string byte = receive(1);
      if (byte.empty()) break;
      head += byte;
    }
    return head;
  }

 private:
  std::unique_ptr<SSL_CTX, FreeWith<::SSL_CTX_free>> context_;
  std::unique_ptr<SSL, FreeWith<::SSL_free>> session_;
};

}  // namespace aigw::http
