#pragma once
// A regular file read by position. Positioned reads are the default because a mapping faults when the file shrinks and inflates the
// resident size.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace entrospect::io {

// Thread-safe.
class File {
 public:
  // Throws FileError unless the path is a regular file that can be read; never blocks on a FIFO and never opens a device.
  static std::shared_ptr<const File> open(const std::filesystem::path& path);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::uint64_t size() const { return state_.size; }

  // Fills `out` from `offset` on. Throws FileError when the file was changed since it was opened or ends before `out` is full.
  void read(std::uint64_t offset, std::span<std::byte> out, const std::string& tensor = {}) const;

  // Equal states mean that the file was neither replaced nor written to.
  struct State {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;  // last modification
    bool operator==(const State&) const = default;
  };
  [[nodiscard]] const State& state() const { return state_; }

 private:
  File(std::filesystem::path path, int descriptor, State state);

  std::filesystem::path path_;
  int descriptor_;
  State state_;
};

// Bytes in order from a fixed start.
class Sequence {
 public:
  virtual ~Sequence() = default;
  virtual void next(std::span<std::byte> out) = 0;  // fills `out`; throws FileError
  virtual void end() {}                             // call after the last byte: checks what can be checked only there
};

class FileSequence : public Sequence {
 public:
  FileSequence(std::shared_ptr<const File> file, std::uint64_t offset, std::string tensor = {});
  void next(std::span<std::byte> out) override;

 private:
  std::shared_ptr<const File> file_;
  std::uint64_t offset_;
  std::string tensor_;
};

// What a file system entry is when it is not a regular file: "a FIFO", "a socket", "a device", "a folder"; empty for a regular file.
std::string irregular_kind(const std::filesystem::file_status& status);

}  // namespace entrospect::io
