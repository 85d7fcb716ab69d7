#include "entrospect/bindings/io/detail/npz.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "entrospect/bindings/io/detail/npy_header.hpp"
#include "entrospect/bindings/io/detail/text.hpp"
#include "entrospect/bindings/io/detail/zip_archive.hpp"

namespace entrospect::io {
namespace {

// A small file that declares a huge tensor is an attack on memory: deflate packs at most about 1030 to 1.
constexpr std::uint64_t large = std::uint64_t{4} << 30;
constexpr std::uint64_t largest_ratio = 1000;
constexpr std::string_view suffix = ".npy";

// Names become keys and never paths; still, one that would leave a folder marks an archive made to harm.
bool is_hostile(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos) return true;
  const std::filesystem::path path(name);
  for (const auto& part : path)
    if (part == "..") return true;
  return false;
}

std::optional<FileError> member_fault(const ZipMember& member, const FileError::Where& where) {
  const std::string again = "save the archive again with numpy.savez";
  if (!member.name.ends_with(suffix)) return FileError(where, "a member in .npy format", "'" + printable(member.name) + "'", again);
  if (member.encrypted)
    return FileError(where, "a member without encryption", "an encrypted one", "unpack it with your password and run numpy.savez");
  if (!member.stored() && !member.deflated())
    return FileError(where, "compression method 0 (stored) or 8 (deflate)", std::to_string(member.method), again);
  const std::string sizes = std::to_string(member.size) + " bytes packed into " + std::to_string(member.compressed_size);
  if (member.stored() && member.size != member.compressed_size) return FileError(where, "equal sizes of a stored member", sizes, again);
  if (member.size > large && member.size / largest_ratio > member.compressed_size)
    return FileError(where, "at most " + std::to_string(largest_ratio) + " times inflation above 4 GiB", sizes,
                     "if the data are genuine, save them with numpy.savez (uncompressed)");
  return std::nullopt;
}

struct Member {
  ZipMember zip;
  std::uint64_t payload = 0;  // offset of the data behind the .npy header
};

std::unique_ptr<ZipSequence> payload_of(const std::shared_ptr<const File>& file, const Member& member, const std::string& tensor) {
  auto in = std::make_unique<ZipSequence>(file, member.zip, tensor);
  std::array<std::byte, 4096> header;
  for (std::uint64_t left = member.payload; left > 0;) {
    const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(left, header.size()));
    in->next(std::span(header).first(part));
    left -= part;
  }
  return in;
}

// Rows of a stored member. libzip's reader has one position, so readers take turns.
class StoredRows : public RowReader {
 public:
  StoredRows(const std::shared_ptr<const File>& file, const Member& member, const TensorInfo& info, std::uint64_t row_bytes)
      : in_(file, member.zip, info.name), payload_(member.payload), rows_(info.shape[0]), row_bytes_(row_bytes) {}

  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    if (first > rows_ || count > rows_ - first)
      throw std::out_of_range("rows " + std::to_string(first) + " + " + std::to_string(count) + " of " + std::to_string(rows_));
    const std::scoped_lock lock(mutex_);
    in_.seek(payload_ + first * row_bytes_);
    in_.next({out, static_cast<std::size_t>(count * row_bytes_)});
  }

 private:
  mutable std::mutex mutex_;
  mutable ZipSequence in_;
  std::uint64_t payload_, rows_, row_bytes_;
};

class NpzFile : public TensorTable {
 public:
  NpzFile(std::shared_ptr<const File> file, std::vector<Stored> stored, std::map<std::string, Member> members, const ReadOptions& options)
      : TensorTable(std::move(stored), options), file_(std::move(file)), members_(std::move(members)) {}

 private:
  std::unique_ptr<Sequence> sequence(const TensorInfo& info) const override { return payload_of(file_, members_.at(info.name), info.name); }

  std::shared_ptr<const RowReader> rows(const TensorInfo& info, std::uint64_t row_bytes) const override {
    if (info.compressed) return nullptr;
    const Member& member = members_.at(info.name);
    check(member, info);
    return std::make_shared<StoredRows>(file_, member, info, row_bytes);
  }

  // Rows are read in any order, so their CRC is checked beforehand, in one pass.
  void check(const Member& member, const TensorInfo& info) const {
    const auto in = payload_of(file_, member, info.name);
    std::vector<std::byte> piece(std::size_t{1} << 20);
    for (std::uint64_t left = info.bytes; left > 0;) {
      const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
      in->next(std::span(piece).first(part));
      left -= part;
    }
    in->end();
  }

  std::shared_ptr<const File> file_;
  std::map<std::string, Member> members_;
};

// The end record of an archive closes the file, with a comment of the length that it states.
void require_end_record(const File& file) {
  constexpr std::size_t record = 22, longest_comment = 65535;
  std::string tail(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), record + longest_comment)), '\0');
  file.read(file.size() - tail.size(), std::as_writable_bytes(std::span(tail)));
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(tail[i])); };
  const std::string_view signature = "PK\x05\x06";
  for (std::size_t at = tail.rfind(signature); at != std::string::npos; at = at == 0 ? std::string::npos : tail.rfind(signature, at - 1))
    if (at + record <= tail.size() && at + record + byte(at + 20) + 256 * byte(at + 21) == tail.size()) return;
  throw FileError({file.path(), {}, file.size()}, "the end of the archive at the end of the file", "stray bytes behind it",
                  "save the archive again with numpy.savez, or add --lenient to ignore them");
}

}  // namespace

std::unique_ptr<TensorFile> open_npz(const std::filesystem::path& path, const ReadOptions& options) {
  auto file = File::open(path);
  if (file->size() == 0)  // libzip would take it for an archive without members
    throw FileError({path, {}, 0}, "a zip archive", "an empty file", "save the archive again with numpy.savez");
  std::vector<Stored> stored;
  std::map<std::string, Member> members;
  const std::vector<ZipMember> directory = ZipArchive(file).members();
  if (!options.lenient) require_end_record(*file);
  for (const ZipMember& zip : directory) {
    if (is_hostile(zip.name))
      throw FileError({path, {}, 0}, "member names inside the archive", "'" + printable(zip.name) + "'",
                      "do not use this archive; save it again with numpy.savez");
    if (zip.name.ends_with('/')) continue;  // a folder
    Stored tensor;
    tensor.info.file = path;
    tensor.info.name = zip.name.ends_with(suffix) ? zip.name.substr(0, zip.name.size() - suffix.size()) : zip.name;
    tensor.info.compressed = !zip.stored();
    const auto [entry, is_new] = members.emplace(tensor.info.name, Member{zip, 0});
    if (!is_new)
      throw FileError({path, tensor.info.name, 0}, "each member once", "'" + printable(tensor.info.name) + "' again",
                      "save the archive again with numpy.savez");
    tensor.fault = member_fault(zip, {path, tensor.info.name, 0});
    if (!tensor.fault) {
      try {  // a bad member does not spoil the others
        ZipSequence in(file, zip, tensor.info.name);
        read_npy_header(in, zip.size, options, tensor);
      } catch (const FileError& error) {
        tensor.fault = error;
      }
    }
    entry->second.payload = std::exchange(tensor.info.offset, 0);
    stored.push_back(std::move(tensor));
  }
  return std::make_unique<NpzFile>(std::move(file), std::move(stored), std::move(members), options);
}

}  // namespace entrospect::io
