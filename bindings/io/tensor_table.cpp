#include "entrospect/bindings/io/detail/tensor_table.hpp"

#include <xxhash.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#include "entrospect/bindings/io/detail/memory.hpp"
#include "entrospect/bindings/io/detail/text.hpp"

namespace entrospect::io {
namespace {

FileError::Where place(const TensorInfo& info) { return {info.file, info.name, info.offset}; }

constexpr std::uint64_t most_matrices = 1U << 16U;

bool unfolds(const Stored& tensor, Unfold unfold) {
  return unfold != Unfold::none && !tensor.fault && tensor.element.dtype() && tensor.info.shape.size() > 2;
}

// Why a readable tensor cannot be samples.
std::optional<FileError> samples_fault(const Stored& tensor, const TensorInfo& info) {
  const std::string found = info.dtype + " of shape " + shape_text(info.shape);
  if (!tensor.element.dtype())
    return FileError(place(info), "f16, bf16, f32 or f64 elements", found, "save it as floating point: x.astype('float32')");
  if (info.shape.size() != 2)
    return FileError(place(info), "two dimensions (samples x features)", found,
                     info.shape.size() == 1 ? "save it as a column: x.reshape(-1, 1)"
                                            : "say what its rows are (--unfold tokens, pixels, images or matrices), or save it as rows: "
                                              "x.reshape(-1, x.shape[-1])");
  if (info.shape[0] == 0 || info.shape[1] == 0)
    return FileError(place(info), "at least one row and one column", found, "save the tensor with its data");
  return std::nullopt;
}

class FileRows : public RowReader {
 public:
  FileRows(std::shared_ptr<const File> file, const TensorInfo& info, std::uint64_t row_bytes)
      : file_(std::move(file)), name_(info.name), offset_(info.offset), rows_(info.shape[0]), row_bytes_(row_bytes) {}

  void read(std::size_t first, std::size_t count, std::byte* out) const override {
    if (first > rows_ || count > rows_ - first)
      throw std::out_of_range("rows " + std::to_string(first) + " + " + std::to_string(count) + " of " + std::to_string(rows_));
    file_->read(offset_ + first * row_bytes_, {out, static_cast<std::size_t>(count * row_bytes_)}, name_);
  }

 private:
  std::shared_ptr<const File> file_;
  std::string name_;
  std::uint64_t offset_, rows_, row_bytes_;
};

// Rows from `first` on.
class RowsFrom : public RowReader {
 public:
  RowsFrom(std::shared_ptr<const RowReader> all, std::size_t first) : all_(std::move(all)), first_(first) {}
  void read(std::size_t first, std::size_t count, std::byte* out) const override { all_->read(first_ + first, count, out); }

 private:
  std::shared_ptr<const RowReader> all_;
  std::size_t first_;
};

struct FreeHash {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

std::shared_ptr<const RowReader> file_rows(std::shared_ptr<const File> file, const TensorInfo& info, std::uint64_t row_bytes) {
  return std::make_shared<FileRows>(std::move(file), info, row_bytes);
}

void require_memory(std::uint64_t bytes, std::uint64_t limit, const FileError::Where& where) {
  const bool automatic = limit == 0;
  if (automatic) limit = available_memory() / 2;
  if (bytes > limit)
    throw FileError(where, "at most " + std::to_string(limit) + " bytes in memory" + (automatic ? " (half of what is available)" : ""),
                    std::to_string(bytes) + " bytes",
                    "raise the memory limit, or save the tensor uncompressed in C order, which is read in pieces");
}

TensorTable::TensorTable(std::vector<Stored> stored, const ReadOptions& options)
    : stored_(std::move(stored)), memory_limit_(options.memory_limit) {
  std::sort(stored_.begin(), stored_.end(), [](const Stored& a, const Stored& b) { return natural_less(a.info.name, b.info.name); });
  for (std::size_t i = 0; i < stored_.size(); ++i) show(i, options.unfold);
  shared_.resize(stored_.size());
}

void TensorTable::show(std::size_t stored, Unfold unfold) {
  const Stored& tensor = stored_[stored];
  const auto add = [&](View view, TensorInfo info) {
    const auto fault = tensor.fault ? tensor.fault : samples_fault(tensor, info);
    if (fault) info.problem = fault->summary();
    views_.push_back(std::move(view));
    infos_.push_back(std::move(info));
  };
  if (!unfolds(tensor, unfold)) return add({stored, std::nullopt, 0}, tensor.info);
  const Unfolding u = unfolding(unfold, tensor.info.shape);
  if (u.matrices == 0 || u.matrices > most_matrices) {
    TensorInfo info = tensor.info;
    info.problem = FileError(place(info), "1 to " + std::to_string(most_matrices) + " matrices",
                             std::to_string(u.matrices) + " in " + shape_text(info.shape), "save parts of it, or choose another --unfold")
                       .summary();
    views_.push_back({stored, std::nullopt, 0});
    infos_.push_back(std::move(info));
    return;
  }
  for (std::uint64_t m = 0; m < u.matrices; ++m) {
    TensorInfo info = tensor.info;
    info.index = index_of(u, m);
    if (!info.index.empty()) info.whole = std::exchange(info.name, info.name + index_text(u, m));
    info.shape = {u.rows, u.columns};
    add({stored, u, m}, std::move(info));
  }
}

const Stored& TensorTable::at(std::size_t index) const {
  if (index >= views_.size()) throw std::out_of_range("tensor " + std::to_string(index) + " of " + std::to_string(views_.size()));
  const Stored& tensor = stored_[views_[index].stored];
  if (tensor.fault) throw FileError(*tensor.fault);
  return tensor;
}

std::shared_ptr<const std::byte[]> TensorTable::load(const Stored& tensor) const {
  const std::uint64_t bytes = tensor.info.bytes;
  require_memory(bytes, memory_limit_, place(tensor.info));
  std::shared_ptr<std::byte[]> data;
  try {
    data.reset(new std::byte[bytes]);
  } catch (const std::bad_alloc&) {
    throw FileError(place(tensor.info), std::to_string(bytes) + " bytes of free memory", "less",
                    "close other programs or lower the memory limit");
  }
  const auto in = sequence(tensor.info);
  in->next({data.get(), static_cast<std::size_t>(bytes)});
  in->end();
  if (tensor.info.byte_swapped) swap_bytes({data.get(), static_cast<std::size_t>(bytes)}, tensor.element.unit());
  return data;
}

// The bytes of a tensor that several views share; reading waits for whoever is reading it already.
std::shared_ptr<const std::byte[]> TensorTable::whole(const View& view) const {
  const std::scoped_lock lock(shared_mutex_);
  Shared& shared = shared_[view.stored];
  std::shared_ptr<const std::byte[]> bytes = shared.bytes.lock();
  if (bytes == nullptr) shared.bytes = bytes = load(stored_[view.stored]);
  return bytes;
}

// Rows of one matrix, or null when the tensor can only be read as a whole.
std::shared_ptr<const RowReader> TensorTable::unfolded_rows(const View& view) const {
  const Stored& tensor = stored_[view.stored];
  const Unfolding& u = *view.unfolding;
  if (!u.packed || tensor.info.fortran_order || tensor.info.byte_swapped) return nullptr;
  const std::scoped_lock lock(shared_mutex_);
  Shared& shared = shared_[view.stored];
  if (shared.rows == nullptr) {
    TensorInfo flat = tensor.info;
    flat.shape = {u.matrices * u.rows, u.columns};
    shared.rows = rows(flat, u.columns * tensor.element.size);
  }
  if (shared.rows == nullptr) return nullptr;
  return std::make_shared<RowsFrom>(shared.rows, static_cast<std::size_t>(view.matrix * u.rows));
}

SampleMatrix TensorTable::unfolded(const View& view, bool in_memory) const {
  const Stored& tensor = stored_[view.stored];
  const Unfolding& u = *view.unfolding;
  const DType dtype = *tensor.element.dtype();
  const auto n = static_cast<std::size_t>(u.rows), d = static_cast<std::size_t>(u.columns);
  const std::size_t size = tensor.element.size;
  std::shared_ptr<const std::byte[]> data;
  if (const auto reader = unfolded_rows(view)) {
    if (!in_memory) return {reader, dtype, n, d};
    require_memory(n * d * size, memory_limit_, place(tensor.info));
    const std::shared_ptr<std::byte[]> packed(new std::byte[n * d * size]);
    reader->read(0, n, packed.get());
    data = packed;
  } else {
    require_memory(tensor.info.bytes + n * d * size, memory_limit_, place(tensor.info));
    data = gathered(u, view.matrix, whole(view).get(), size, tensor.info.fortran_order);
  }
  return {data.get(), dtype, n, d, static_cast<std::ptrdiff_t>(size * d), static_cast<std::ptrdiff_t>(size), data};
}

SampleMatrix TensorTable::samples(std::size_t index, bool in_memory) const {
  const Stored& tensor = at(index);
  const TensorInfo& info = infos_[index];
  if (const auto fault = samples_fault(tensor, info)) throw FileError(*fault);
  if (views_[index].unfolding) return unfolded(views_[index], in_memory);
  const DType dtype = *tensor.element.dtype();
  const auto n = static_cast<std::size_t>(info.shape[0]), d = static_cast<std::size_t>(info.shape[1]);
  const auto size = static_cast<std::ptrdiff_t>(tensor.element.size);
  const bool columns_first = info.fortran_order && n > 1 && d > 1;
  if (!in_memory && !columns_first && !info.byte_swapped)
    if (auto reader = rows(info, d * tensor.element.size)) return SampleMatrix(std::move(reader), dtype, n, d);
  const auto data = load(tensor);
  return columns_first ? SampleMatrix(data.get(), dtype, n, d, size, size * static_cast<std::ptrdiff_t>(n), data)
                       : SampleMatrix(data.get(), dtype, n, d, size * static_cast<std::ptrdiff_t>(d), size, data);
}

TensorTable::Column TensorTable::column(const Stored& tensor) const {
  const auto& shape = tensor.info.shape;
  if (shape.size() != 1 && !(shape.size() == 2 && shape[1] == 1))
    throw FileError(place(tensor.info), "one value per row: shape (n,) or (n, 1)", tensor.info.dtype + " of shape " + shape_text(shape),
                    "save one column: y[:, 0]");
  return {load(tensor), static_cast<std::size_t>(shape[0])};
}

Labels TensorTable::labels(std::size_t index) const {
  const Stored& tensor = at(index);
  const Column c = column(tensor);
  return to_labels(c.data.get(), c.count, tensor.element, place(tensor.info));
}

std::vector<double> TensorTable::numbers(std::size_t index) const {
  const Stored& tensor = at(index);
  const Column c = column(tensor);
  return to_numbers(c.data.get(), c.count, tensor.element, place(tensor.info));
}

std::uint64_t TensorTable::content_hash(std::size_t index) const {
  const Stored& tensor = at(index);
  const TensorInfo& info = infos_[index];
  const std::unique_ptr<XXH3_state_t, FreeHash> state(XXH3_createState());
  if (state == nullptr || XXH3_64bits_reset(state.get()) != XXH_OK) throw std::bad_alloc();
  const auto add = [&](const void* data, std::size_t size) { (void)XXH3_64bits_update(state.get(), data, size); };
  std::string facts = info.dtype + (info.fortran_order ? "|F|" : "|C|");
  for (const std::uint64_t dimension : info.shape) facts += std::to_string(dimension) + ",";
  add(facts.data(), facts.size());
  if (!info.index.empty()) {  // one of many matrices: not the whole tensor for each
    const SampleMatrix matrix = unfolded(views_[index], true);
    add(matrix.data(), matrix.n() * matrix.d() * tensor.element.size);
    return XXH3_64bits_digest(state.get());
  }
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(info.bytes, std::uint64_t{1} << 20)));
  const auto in = sequence(tensor.info);
  for (std::uint64_t left = info.bytes; left > 0;) {
    const std::span<std::byte> part(piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size())));
    in->next(part);
    add(part.data(), part.size());
    left -= part.size();
  }
  in->end();
  return XXH3_64bits_digest(state.get());
}

}  // namespace entrospect::io
