#pragma once
// What every format shares once its header is read: which tensors can be samples and why not, views, labels, hashes, memory limits.

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "entrospect/bindings/io/detail/element.hpp"
#include "entrospect/bindings/io/detail/file.hpp"
#include "entrospect/bindings/io/detail/unfold.hpp"
#include "entrospect/bindings/io/tensors.hpp"

namespace entrospect::io {

struct Stored {
  TensorInfo info;
  Element element;
  std::optional<FileError> fault;  // why nothing can be read from this tensor
};

class TensorTable : public TensorFile {
 public:
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const final { return infos_; }
  [[nodiscard]] SampleMatrix samples(std::size_t index, bool in_memory) const final;
  [[nodiscard]] Labels labels(std::size_t index) const final;
  [[nodiscard]] std::vector<double> numbers(std::size_t index) const final;
  [[nodiscard]] std::uint64_t content_hash(std::size_t index) const final;

 protected:
  // Sorts the tensors into natural order and fills `problem`. Implementations find theirs again through `info`.
  TensorTable(std::vector<Stored> stored, const ReadOptions& options);

  // The payload from its first byte on. Called only for tensors without a fault.
  [[nodiscard]] virtual std::unique_ptr<Sequence> sequence(const TensorInfo& info) const = 0;
  // Rows of `row_bytes` of a payload in C order, or null when it can only be read as a whole.
  [[nodiscard]] virtual std::shared_ptr<const RowReader> rows(const TensorInfo& info, std::uint64_t row_bytes) const = 0;

 private:
  struct Column {
    std::shared_ptr<const std::byte[]> data;
    std::size_t count;
  };
  // What the world sees as a tensor: a stored one, or a matrix of it.
  struct View {
    std::size_t stored = 0;
    std::optional<Unfolding> unfolding;
    std::uint64_t matrix = 0;
  };
  void show(std::size_t stored, Unfold unfold);
  [[nodiscard]] const Stored& at(std::size_t index) const;
  [[nodiscard]] std::shared_ptr<const std::byte[]> load(const Stored& tensor) const;
  [[nodiscard]] std::shared_ptr<const std::byte[]> whole(const View& view) const;
  [[nodiscard]] std::shared_ptr<const RowReader> unfolded_rows(const View& view) const;
  [[nodiscard]] SampleMatrix unfolded(const View& view, bool in_memory) const;
  [[nodiscard]] Column column(const Stored& tensor) const;

  std::vector<Stored> stored_;
  std::vector<View> views_;
  std::vector<TensorInfo> infos_;  // of the views
  // Shared by the matrices of one stored tensor: archives check it once for all of them, and what can only be read as a whole is.
  struct Shared {
    std::shared_ptr<const RowReader> rows;
    std::weak_ptr<const std::byte[]> bytes;
  };
  mutable std::vector<Shared> shared_;
  mutable std::mutex shared_mutex_;
  std::uint64_t memory_limit_;
};

// Rows at info.offset of `file`, by positioned reads.
std::shared_ptr<const RowReader> file_rows(std::shared_ptr<const File> file, const TensorInfo& info, std::uint64_t row_bytes);

// Throws FileError unless `bytes` fit into the limit; 0 stands for half of the memory that is available now.
void require_memory(std::uint64_t bytes, std::uint64_t limit, const FileError::Where& where);

}  // namespace entrospect::io
