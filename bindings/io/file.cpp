#include "entrospect/bindings/io/detail/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

File::State state_of(const struct stat& s) {
  return {static_cast<std::uint64_t>(s.st_dev), static_cast<std::uint64_t>(s.st_ino), static_cast<std::uint64_t>(s.st_size),
          static_cast<std::int64_t>(s.st_mtim.tv_sec), static_cast<std::int64_t>(s.st_mtim.tv_nsec)};
}

FileError not_regular(const std::filesystem::path& path, const std::string& kind) {
  return {{path, {}, 0}, "a regular file", kind, "copy the data into a regular file and name that"};
}

}  // namespace

std::string irregular_kind(const std::filesystem::file_status& status) {
  switch (status.type()) {
    case std::filesystem::file_type::regular:
      return {};
    case std::filesystem::file_type::directory:
      return "a folder";
    case std::filesystem::file_type::fifo:
      return "a FIFO";
    case std::filesystem::file_type::socket:
      return "a socket";
    case std::filesystem::file_type::block:
    case std::filesystem::file_type::character:
      return "a device";
    default:
      return "something that is not a file";
  }
}

std::shared_ptr<const File> File::open(const std::filesystem::path& path) {
  // Looked at before opening, because opening a device can act on it; and again after opening, because the name may have changed hands.
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw FileError({path, {}, 0}, "a file",
                    status.type() == std::filesystem::file_type::not_found ? "nothing at this path" : reason(error.value()),
                    "check the path");
  if (const std::string kind = irregular_kind(status); !kind.empty()) throw not_regular(path, kind);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0)
    throw FileError({path, {}, 0}, "a file that can be read", reason(errno), "check the permissions: ls -l, then chmod u+r");
  struct stat now {};
  if (::fstat(descriptor, &now) != 0 || !S_ISREG(now.st_mode)) {
    ::close(descriptor);
    throw not_regular(path, "something else");
  }
  return std::shared_ptr<const File>(new File(path, descriptor, state_of(now)));
}

File::File(std::filesystem::path path, int descriptor, State state) : path_(std::move(path)), descriptor_(descriptor), state_(state) {}

File::~File() { ::close(descriptor_); }

void File::read(std::uint64_t offset, std::span<std::byte> out, const std::string& tensor) const {
  std::size_t done = 0;
  int error = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  struct stat now {};
  if (::fstat(descriptor_, &now) == 0 && !(state_of(now) == state_)) {
    const bool resized = static_cast<std::uint64_t>(now.st_size) != state_.size;
    throw FileError({path_, tensor, offset}, "an unchanged file of " + std::to_string(state_.size) + " bytes",
                    resized ? "one that now has " + std::to_string(now.st_size) + " bytes" : "one that was written to while it was read",
                    "wait until its writer has finished and run again");
  }
  if (error != 0) throw FileError({path_, tensor, offset + done}, "readable bytes", reason(error), "check the disk or the network mount");
  if (done < out.size())
    throw FileError({path_, tensor, offset}, std::to_string(out.size()) + " bytes", "only " + std::to_string(done) + " before the end",
                    "write the file again; its writer was interrupted");
}

FileSequence::FileSequence(std::shared_ptr<const File> file, std::uint64_t offset, std::string tensor)
    : file_(std::move(file)), offset_(offset), tensor_(std::move(tensor)) {}

void FileSequence::next(std::span<std::byte> out) {
  file_->read(offset_, out, tensor_);
  offset_ += out.size();
}

}  // namespace entrospect::io
