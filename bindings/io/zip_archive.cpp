#include "entrospect/bindings/io/detail/zip_archive.hpp"

#include <zip.h>

#include <algorithm>
#include <utility>

#include "entrospect/bindings/io/detail/text.hpp"
#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {
namespace {

FileError zip_fault(FileError::Where where, const std::string& expected, zip_error_t* error) {
  return {std::move(where), expected, printable(zip_error_strerror(error)), "save the archive again with numpy.savez"};
}

}  // namespace

// What libzip reads from: positioned reads of our file. An exception cannot pass through C, so it waits in `failure`.
struct ZipArchive::Source {
  std::shared_ptr<const File> file;
  std::uint64_t position = 0;
  std::exception_ptr failure;
  zip_error_t error{};

  explicit Source(std::shared_ptr<const File> f) : file(std::move(f)) { zip_error_init(&error); }
  ~Source() { zip_error_fini(&error); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  void rethrow() {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }

  zip_int64_t read(void* data, zip_uint64_t length) {
    const std::uint64_t count = std::min<std::uint64_t>(length, file->size() - std::min(position, file->size()));
    try {
      file->read(position, {static_cast<std::byte*>(data), static_cast<std::size_t>(count)});
    } catch (...) {
      failure = std::current_exception();
      zip_error_set(&error, ZIP_ER_READ, 0);
      return -1;
    }
    position += count;
    return static_cast<zip_int64_t>(count);
  }

  static zip_int64_t callback(void* self, void* data, zip_uint64_t length, zip_source_cmd_t command) {
    auto& s = *static_cast<Source*>(self);
    switch (command) {
      case ZIP_SOURCE_OPEN:
        s.position = 0;
        return 0;
      case ZIP_SOURCE_READ:
        return s.read(data, length);
      case ZIP_SOURCE_CLOSE:
      case ZIP_SOURCE_FREE:
        return 0;
      case ZIP_SOURCE_STAT: {
        auto* stat = static_cast<zip_stat_t*>(data);
        zip_stat_init(stat);
        stat->size = s.file->size();
        stat->valid = ZIP_STAT_SIZE;
        return sizeof(*stat);
      }
      case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&s.error, data, length);
      case ZIP_SOURCE_SEEK: {
        const zip_int64_t to = zip_source_seek_compute_offset(s.position, s.file->size(), data, length, &s.error);
        if (to < 0) return -1;
        s.position = static_cast<std::uint64_t>(to);
        return 0;
      }
      case ZIP_SOURCE_TELL:
        return static_cast<zip_int64_t>(s.position);
      case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_SEEKABLE;
      default:
        zip_error_set(&s.error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
  }
};

ZipArchive::ZipArchive(std::shared_ptr<const File> file) : source_(std::make_unique<Source>(std::move(file))) {
  zip_error_t error;
  zip_error_init(&error);
  if (zip_source_t* source = zip_source_function_create(&Source::callback, source_.get(), &error); source != nullptr) {
    archive_ = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (archive_ == nullptr) zip_source_free(source);
  }
  if (archive_ == nullptr) {
    const FileError fault = zip_fault({source_->file->path(), {}, 0}, "a zip archive with a whole central directory", &error);
    zip_error_fini(&error);
    source_->rethrow();
    throw fault;
  }
  zip_error_fini(&error);
}

ZipArchive::~ZipArchive() { zip_discard(archive_); }

std::vector<ZipMember> ZipArchive::members() {
  const zip_int64_t count = zip_get_num_entries(archive_, 0);
  std::vector<ZipMember> out;
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat_index(archive_, static_cast<zip_uint64_t>(i), 0, &stat) != 0 || (stat.valid & needed) != needed) {
      source_->rethrow();
      throw zip_fault({source_->file->path(), {}, 0}, "a whole entry " + std::to_string(i) + " in the central directory",
                      zip_get_error(archive_));
    }
    const bool encrypted = (stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE;
    out.push_back({static_cast<std::uint64_t>(i), stat.name, stat.size, stat.comp_size, encrypted, stat.comp_method});
  }
  return out;
}

ZipSequence::ZipSequence(const std::shared_ptr<const File>& file, const ZipMember& member, std::string tensor)
    : archive_(file), path_(file->path()), tensor_(std::move(tensor)), size_(member.size) {
  member_ = zip_fopen_index(archive_.archive_, member.index, 0);
  if (member_ == nullptr) {
    archive_.source_->rethrow();
    throw zip_fault({path_, tensor_, 0}, "a readable member '" + printable(member.name) + "'", zip_get_error(archive_.archive_));
  }
}

ZipSequence::~ZipSequence() {
  if (member_ != nullptr) (void)zip_fclose(member_);
}

std::uint64_t ZipSequence::read(void* out, std::uint64_t count) {
  const zip_int64_t got = zip_fread(member_, out, count);
  if (got < 0) {
    archive_.source_->rethrow();
    throw zip_fault({path_, tensor_, position_}, "intact compressed data with the CRC of the central directory",
                    zip_file_get_error(member_));
  }
  return static_cast<std::uint64_t>(got);
}

void ZipSequence::next(std::span<std::byte> out) {
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t got = read(out.data() + done, out.size() - done);
    if (got == 0)
      throw FileError({path_, tensor_, position_}, std::to_string(size_) + " bytes, as the central directory says",
                      "the end after " + std::to_string(position_), "save the archive again with numpy.savez");
    done += static_cast<std::size_t>(got);
    position_ += got;
  }
}

void ZipSequence::end() {
  std::byte extra{};
  if (read(&extra, 1) != 0)  // the read that meets the end is the one that checks the CRC
    throw FileError({path_, tensor_, position_}, "the end of the member", "more data than the central directory says",
                    "save the archive again with numpy.savez");
}

void ZipSequence::seek(std::uint64_t position) {
  if (zip_fseek(member_, static_cast<zip_int64_t>(position), SEEK_SET) != 0)
    throw zip_fault({path_, tensor_, position}, "a stored member", zip_file_get_error(member_));
  position_ = position;
}

}  // namespace entrospect::io
