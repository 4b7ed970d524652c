#include "doc/identity.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace arango2pg::doc {
namespace {

/// SHA-1 is looked up once in OpenSSL's providers (a look-up costs more than the hash); the context
/// is the thread's own.
class Sha1 {
 public:
  Sha1() : md_(EVP_MD_fetch(nullptr, "SHA1", nullptr)), context_(EVP_MD_CTX_new()) {
    if (md_ == nullptr || context_ == nullptr) fail();
  }

  void begin() { check(EVP_DigestInit_ex(context_.get(), md_.get(), nullptr)); }
  void add(const void* bytes, std::size_t size) {
    check(EVP_DigestUpdate(context_.get(), bytes, size));
  }
  /// `digest` holds EVP_MAX_MD_SIZE bytes.
  void end(unsigned char* digest) { check(EVP_DigestFinal_ex(context_.get(), digest, nullptr)); }

 private:
  struct Free {
    void operator()(EVP_MD* p) const { EVP_MD_free(p); }
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  };

  [[noreturn]] static void fail() {
    throw Error(Exit::unexpected, "OpenSSL can't compute SHA-1, which UUIDs of documents need",
                "Check whether this system's OpenSSL configuration forbids SHA-1.");
  }
  static void check(int ok) {
    if (ok != 1) fail();
  }

  std::unique_ptr<EVP_MD, Free> md_;
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

/// Hashes the namespace, then what `add_name` adds.
template <class AddName>
Uuid hashed(const Uuid& name_space, AddName add_name) {
  thread_local Sha1 sha1;
  sha1.begin();
  sha1.add(name_space.bytes, sizeof name_space.bytes);
  add_name(sha1);
  unsigned char digest[EVP_MAX_MD_SIZE];
  sha1.end(digest);
  Uuid id;
  std::copy_n(digest, sizeof id.bytes, id.bytes);
  id.bytes[6] = static_cast<unsigned char>((id.bytes[6] & 0x0f) | 0x50);  // version 5
  id.bytes[8] = static_cast<unsigned char>((id.bytes[8] & 0x3f) | 0x80);  // RFC 4122's variant
  return id;
}

}  // namespace

Uuid document_uuid(std::string_view collection, std::string_view key) {
  if (const auto id = Uuid::parse(key)) return *id;
  return hashed(project_namespace(), [&](Sha1& sha1) {
    sha1.add(collection.data(), collection.size());
    sha1.add("/", 1);
    sha1.add(key.data(), key.size());
  });
}

Uuid uuid_v5(const Uuid& name_space, std::string_view name) {
  return hashed(name_space, [&](Sha1& sha1) { sha1.add(name.data(), name.size()); });
}

const Uuid& project_namespace() {
  // b3a1f6de-5c0e-5f5e-9d0a-7c9c7d1c2a11
  static constexpr Uuid id = {{0xb3, 0xa1, 0xf6, 0xde, 0x5c, 0x0e, 0x5f, 0x5e, 0x9d, 0x0a, 0x7c,
                               0x9c, 0x7d, 0x1c, 0x2a, 0x11}};
  return id;
}

}  // namespace arango2pg::doc
