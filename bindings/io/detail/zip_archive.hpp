#pragma once
// Members of a zip archive, by libzip. Sizes come from the central directory; those of local headers are never used, because writers
// that stream leave them empty.

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "entrospect/bindings/io/detail/file.hpp"

struct zip;
struct zip_file;

namespace entrospect::io {

struct ZipMember {
  std::uint64_t index = 0;
  std::string name;
  std::uint64_t size = 0, compressed_size = 0;
  bool encrypted = false;
  std::uint16_t method = 0;
  [[nodiscard]] bool stored() const { return method == 0; }
  [[nodiscard]] bool deflated() const { return method == 8; }
};

// One reader's view of an archive; not thread-safe.
class ZipArchive {
 public:
  explicit ZipArchive(std::shared_ptr<const File> file);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  [[nodiscard]] std::vector<ZipMember> members();

 private:
  friend class ZipSequence;
  struct Source;

  std::unique_ptr<Source> source_;  // before archive_, which reads from it
  zip* archive_ = nullptr;
};

// The inflated bytes of one member. `end` checks that there are no more than declared, and the CRC.
class ZipSequence : public Sequence {
 public:
  // `tensor` names the member in messages.
  ZipSequence(const std::shared_ptr<const File>& file, const ZipMember& member, std::string tensor);
  ~ZipSequence() override;
  void next(std::span<std::byte> out) override;
  void end() override;
  void seek(std::uint64_t position);  // stored members only

 private:
  std::uint64_t read(void* out, std::uint64_t count);

  ZipArchive archive_;
  zip_file* member_ = nullptr;
  std::filesystem::path path_;
  std::string tensor_;
  std::uint64_t position_ = 0, size_;
};

}  // namespace entrospect::io
