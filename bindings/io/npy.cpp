#include "entrospect/bindings/io/detail/npy.hpp"

#include <utility>

#include "entrospect/bindings/io/detail/npy_header.hpp"

namespace entrospect::io {
namespace {

class NpyFile : public TensorTable {
 public:
  NpyFile(std::shared_ptr<const File> file, std::vector<Stored> stored, const ReadOptions& options)
      : TensorTable(std::move(stored), options), file_(std::move(file)) {}

 private:
  std::unique_ptr<Sequence> sequence(const TensorInfo& info) const override {
    return std::make_unique<FileSequence>(file_, info.offset, info.name);
  }
  std::shared_ptr<const RowReader> rows(const TensorInfo& info, std::uint64_t row_bytes) const override {
    return file_rows(file_, info, row_bytes);
  }

  std::shared_ptr<const File> file_;
};

}  // namespace

std::unique_ptr<TensorFile> open_npy(const std::filesystem::path& path, const ReadOptions& options) {
  auto file = File::open(path);
  std::vector<Stored> stored(1);
  stored[0].info.name = path.stem().string();
  stored[0].info.file = path;
  FileSequence in(file, 0, stored[0].info.name);
  read_npy_header(in, file->size(), options, stored[0]);
  return std::make_unique<NpyFile>(std::move(file), std::move(stored), options);
}

}  // namespace entrospect::io
