"""What the operations say when they are given what they cannot take.

The texts are torch's where torch has one for the case; each has one sentence of advice attached. A
function here makes an exception, its caller raises it. (errors.py has the texts of the engine.)
"""

from __future__ import annotations

from ..errors import advised


def must_be_tensor(function: str, argument: str, position: int, value) -> Exception:
    return advised(
        TypeError,
        f"{function}(): argument '{argument}' (position {position}) must be Tensor, not "
        f"{type(value).__name__}",
        "minigrad.tensor makes a tensor of numbers.",
    )


def negative_tolerance(name: str, value: float) -> Exception:
    return advised(
        RuntimeError,
        f"{name} must be greater than or equal to zero, but got {value}",
        "A tolerance is a distance.",
    )


def negative_order(n: int) -> Exception:
    return advised(RuntimeError, f"order must be non-negative but got {n}", "0 changes nothing.")


def few_dims(text: str) -> Exception:
    return advised(RuntimeError, text, "unsqueeze adds a dimension.")


def embedding_weight() -> Exception:
    return advised(RuntimeError, "'weight' must be 2-D", "It holds one row for each entry.")


def source_shape(own, source) -> Exception:
    return advised(
        RuntimeError,
        "source tensor shape must match self tensor shape, excluding the specified dimension. Got "
        f"self.shape = {list(own)} source.shape = {list(source)}",
        "Each index takes one slice of the source.",
    )


def index_type(name: str) -> Exception:
    return advised(
        RuntimeError,
        f"{name}(): Expected dtype int32/int64 for index",
        "Indices are integers: convert them with .long().",
    )


def index_bounds(index: int, dim: int, size: int, kind=RuntimeError) -> Exception:
    return advised(
        kind,
        f"index {index} is out of bounds for dimension {dim} with size {size}",
        "Indices here count from 0 to the size less one.",
    )


def not_an_index(key) -> Exception:
    if isinstance(key, str):
        return advised(TypeError, "new(): invalid data type 'str'", "An index is a number.")
    return advised(
        IndexError,
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
        f"indices (got {type(key).__name__})",
        "An index is a whole number; int(x) makes one.",
    )


def index_kind() -> Exception:
    return advised(
        IndexError,
        "tensors used as indices must be long, int, byte or bool tensors",
        "Convert the indices first, with .long().",
    )


def mask_shape(mask, d: int, shape, axis: int) -> Exception:
    return advised(
        IndexError,
        f"The shape of the mask {list(mask)} at index {d} does not match the shape of the indexed "
        f"tensor {list(shape)} at index {axis}",
        "A mask says yes or no to each element along its dimensions.",
    )


def index_shapes(shapes) -> Exception:
    return advised(
        IndexError,
        "shape mismatch: indexing tensors could not be broadcast together with shapes "
        + ", ".join(str(list(shape)) for shape in shapes),
        "Several lists of indices are read side by side, so they need one length.",
    )


def put_shape(value, place) -> Exception:
    return advised(
        RuntimeError,
        f"shape mismatch: value tensor of shape {list(value)} cannot be broadcast to indexing "
        f"result of shape {list(place)}",
        "Give one value for each place, or a single one for all.",
    )


def only_one_inferred() -> Exception:
    return advised(
        RuntimeError, "only one dimension can be inferred", "Write -1 for at most one dimension."
    )


def index_of_number() -> Exception:
    return advised(
        IndexError,
        "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in "
        "C++ "
        "to convert a 0-dim tensor to a number",
        "A number has no parts.",
    )


def too_many_indices(ndim: int) -> Exception:
    return advised(
        IndexError,
        f"too many indices for tensor of dimension {ndim}",
        "Each index reads one dimension.",
    )


def select_of_number() -> Exception:
    return advised(IndexError, "select() cannot be applied to a 0-dim tensor.", "Use item().")


def select_bounds(index: int, shape, dim: int) -> Exception:
    return advised(
        IndexError,
        f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}",
        "Indices count from 0, or from the end with -1.",
    )


def narrow_of_number() -> Exception:
    return advised(
        RuntimeError, "narrow() cannot be applied to a 0-dim tensor.", "A number has no parts."
    )


def narrow_index() -> Exception:
    return advised(
        RuntimeError, "start must be an 0-dim integral Tensor.", "A part starts at one index."
    )


def narrow_start(start: int, n: int) -> Exception:
    return advised(
        IndexError,
        f"Dimension out of range (expected to be in range of [{-n}, {n}], but got {start})",
        "The start lies within the dimension.",
    )


def narrow_length(start: int, length: int, n: int) -> Exception:
    text = (
        "narrow(): length must be non-negative."
        if length < 0
        else f"start ({start}) + length ({length}) exceeds dimension size ({n})."
    )
    return advised(RuntimeError, text, "The part must lie within the dimension.")


def part_shape(expected, got) -> Exception:
    return advised(
        RuntimeError,
        f"expected src to have a size equal to the slice of self. src size = {list(got)}, slice "
        f"size = "
        f"{list(expected)}",
        "What is written has the shape of the part that it replaces.",
    )


def out_of_range_index(name: str, size: int) -> Exception:
    return advised(
        IndexError,
        f"{name}(): index out of range for a tensor of {size} elements",
        "Indices count from 0, or from the end with -1.",
    )


def index_dims(name: str) -> Exception:
    return advised(
        RuntimeError,
        "Index tensor must have the same number of dimensions as input tensor",
        f"{name} reads one element for each element of the index.",
    )


def scatter_shape(index, own, src, dim: int) -> Exception:
    return advised(
        RuntimeError,
        f"Expected index {list(index)} to be no larger than self {list(own)} apart from dimension "
        f"{dim} "
        f"and to be no larger size than src {list(src)}",
        "Each element of the index needs a place to write to and a number to write.",
    )


def vector_index(name: str) -> Exception:
    return advised(
        IndexError,
        f"{name}(): Index is supposed to be a vector",
        "Give the indices as one list.",
    )


def index_count(name: str, count: int) -> Exception:
    return advised(
        RuntimeError,
        f"{name}(): Number of indices ({count}) should be equal to source.size(dim)",
        "Each index takes one slice of the source.",
    )


def scalar_value(name: str, ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"{name} only supports a 0-dimensional value tensor, but got tensor with {ndim} "
        "dimension(s).",
        "One value goes everywhere; for several write minigrad.where.",
    )


def same_dtype(text: str) -> Exception:
    return advised(RuntimeError, text, "Convert one of the two first, for example with .float().")


def mask_type(name: str) -> Exception:
    return advised(
        RuntimeError,
        f"{name} only supports boolean masks",
        "A comparison such as x > 0 makes one.",
    )


def too_few(name: str) -> Exception:
    return advised(
        RuntimeError,
        f"{name}: expected number of elements in the source to be at least the number of true "
        "elements of the mask",
        "Each true element of the mask takes one number.",
    )


def movedim(source, destination) -> Exception:
    return advised(
        RuntimeError,
        f"movedim: Invalid source or destination dims: source ({list(source)} dims) should contain "
        f"the same number of dims as destination ({list(destination)} dims), each once",
        "Each dimension that moves needs one place to go to.",
    )


def unflatten(sizes, dim: int, size: int) -> Exception:
    return advised(
        RuntimeError,
        f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
        f"({size}) "
        "in the input tensor",
        "The product of the new lengths is the old length.",
    )


def same_dims(name: str, dim1: int, dim2: int) -> Exception:
    return advised(
        RuntimeError,
        f"{name}: dimensions cannot be identical {dim1}, {dim2}",
        "A plane has two dimensions.",
    )


def unfold(dim: int, longest: int, size: int, step: int) -> Exception:
    if step <= 0:
        return advised(RuntimeError, f"step is {step} but must be > 0", "Windows move forward.")
    return advised(
        RuntimeError,
        f"maximum size for tensor at dimension {dim} is {longest} but size is {size}",
        "A window cannot be longer than what it shows.",
    )


def list_element(i: int, value) -> Exception:
    return advised(
        TypeError,
        f"expected Tensor as element {i} in argument 0, but got {type(value).__name__}",
        "The list holds tensors.",
    )


def cat_scalar() -> Exception:
    return advised(
        RuntimeError,
        "zero-dimensional tensor (at position 0) cannot be concatenated",
        "stack joins numbers.",
    )


def cat_dims(expected: int, got: int) -> Exception:
    return advised(
        RuntimeError,
        f"Tensors must have same number of dimensions: got {expected} and {got}",
        "unsqueeze adds a dimension.",
    )


def cat_shapes(dim: int, expected: int, got: int, index: int) -> Exception:
    return advised(
        RuntimeError,
        f"Sizes of tensors must match except in dimension {dim}. Expected size {expected} but got "
        "size "
        f"{got} for tensor number {index} in the list.",
        "Only the dimension along which they are joined may differ.",
    )


def stack_shapes(first, other, index: int) -> Exception:
    return advised(
        RuntimeError,
        f"stack expects each tensor to be equal size, but got {first} at entry 0 and {other} at "
        f"entry {index}",
        "cat joins tensors of different lengths.",
    )


def no_tensors(name: str) -> Exception:
    return advised(
        *(
            (ValueError, "minigrad.cat(): expected a non-empty list of Tensors")
            if name == "cat"
            else (RuntimeError, f"{name} expects a non-empty TensorList")
        ),
        "There is no shape to give to nothing.",
    )


def split_scalar(name: str = "split") -> Exception:
    return advised(
        RuntimeError,
        f"{name} expects at least a 1-dimensional tensor",
        "A number has no parts.",
    )


def unbind_scalar() -> Exception:
    return advised(
        IndexError,
        "Dimension specified as 0 but tensor has no dimensions",
        "A number has no parts.",
    )


def split_size(size: int, dim: int, n: int) -> Exception:
    text = (
        f"split expects split_size be non-negative, but got split_size={size}"
        if size < 0
        else f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}"
    )
    return advised(RuntimeError, text, "The parts need a length.")


def split_sizes(sizes, dim: int, n: int) -> Exception:
    return advised(
        RuntimeError,
        f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at "
        "dimension "
        f"{dim}), but got split_sizes={list(sizes)}",
        "Every element belongs to one part.",
    )


def no_chunks(chunks: int, text: str = "chunk expects `chunks` to be greater than 0") -> Exception:
    return advised(RuntimeError, f"{text}, got: {chunks}", "At least one part is needed.")


def roll(shifts: int, dims: int) -> Exception:
    return advised(
        RuntimeError,
        f"shifts and dimensions must align. shifts: {shifts}, dims:{dims}",
        "Each dimension needs its own shift.",
    )


def repeat(repeats, ndim: int) -> Exception:
    if any(n < 0 for n in repeats):
        return advised(
            RuntimeError,
            f"Trying to create tensor with negative dimension: {list(repeats)}",
            "Count the copies.",
        )
    return advised(
        RuntimeError,
        "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
        "tensor",
        "tile fills in the missing ones.",
    )


def repeat_lengths(text: str = "repeats must have the same size as input along dim") -> Exception:
    return advised(RuntimeError, text, "Count the copies of each element.")


def needs_matrix(name: str) -> Exception:
    return advised(
        RuntimeError,
        f"{name}: expected a matrix",
        "diag makes a matrix of a vector.",
    )


def diag(ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"diag(): Supports 1D or 2D tensors. Got {ndim}D",
        "diagonal takes the diagonals of many matrices.",
    )


def no_bits(name: str) -> Exception:
    return advised(
        RuntimeError,
        f'"{name}_cpu" not implemented for floating point types',
        "Bits are those of bool or integer tensors.",
    )


def rounding_mode(mode) -> Exception:
    return advised(
        RuntimeError,
        f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found {mode!r}",
        "None divides exactly, 'floor' rounds down, 'trunc' cuts the fraction off.",
    )


def repeated_dim(dim: int) -> Exception:
    return advised(
        RuntimeError,
        f"dim {dim} appears multiple times in the list of dims",
        "Name each dimension once.",
    )


def needs_floats(name: str, kind: str) -> Exception:
    return advised(
        RuntimeError,
        f"{name} floating point and complex dtypes, but got {kind}",
        "Convert the tensor first, for example with .float().",
    )


def nothing_to_reduce(name: str, dim: int | None = None) -> Exception:
    if dim is None:
        return advised(
            RuntimeError,
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
            "reduction dim with the 'dim' argument.",
            "There is no largest or smallest among no elements.",
        )
    return advised(
        IndexError,
        f"{name}(): Expected reduction dim {dim} to have non-zero size.",
        "There is no largest or smallest among no elements.",
    )


def no_nuclear_norm() -> Exception:
    return NotImplementedError(
        "minigrad has no nuclear norm: it needs a differentiable svd, which the kit leaves out."
    )


def out_of_range(what: str) -> Exception:
    return advised(
        RuntimeError,
        f"{what} out of range for dimension",
        "There are only as many as the dimension has elements.",
    )


def matmul_scalar(a: int, b: int) -> Exception:
    return advised(
        RuntimeError,
        f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D",
        "A number is multiplied with *.",
    )


def needs_vector(name: str, ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"{name}: Expected 1-D argument, but got {ndim}-D",
        "reshape(-1) makes a vector.",
    )


def needs_vectors(a: int, b: int) -> Exception:
    return advised(
        RuntimeError,
        f"1D tensors expected, but got {a}D and {b}D tensors",
        "Matrices are multiplied with @.",
    )


def dims_of_product(name: str, wanted: str, a: int, b: int) -> Exception:
    return advised(
        RuntimeError,
        f"{name}: expected {wanted}, got {a}-D and {b}-D tensors",
        "matmul takes all of them.",
    )


def expand(own, result) -> Exception:
    return advised(
        RuntimeError,
        f"The expanded size of the tensor ({list(result)}) must match the existing size "
        f"({list(own)})",
        "What is added must stretch to the shape of the product.",
    )


def inner_shapes(a, b) -> Exception:
    return advised(
        RuntimeError,
        "inner() the last dimension must match on both input tensors but got shapes "
        f"{list(a)} and {list(b)}",
        "The sums run along the last dimension of both.",
    )


def tensordot_dims(dims: int) -> Exception:
    return advised(
        RuntimeError,
        f"tensordot expects dims >= 0 and no more than both tensors have, but got dims={dims}",
        "That many dimensions are summed over.",
    )


def contraction(a, b, ours, theirs) -> Exception:
    return advised(
        RuntimeError,
        "contracted dimensions need to match, but first has sizes "
        f"{[a[d] for d in ours]} and second has sizes {[b[d] for d in theirs]}",
        "Dimensions that are summed over together have one length.",
    )


def multi_dot(count: int) -> Exception:
    return advised(
        RuntimeError,
        f"multi_dot(): expected at least 2 tensors but got {count}",
        "A product has factors.",
    )


def needs_matrices(name: str, ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"{name}: The input tensor A must have at least 2 dimensions, but it has {ndim}.",
        "A matrix has rows and columns.",
    )


def needs_square(name: str, shape) -> Exception:
    return advised(
        RuntimeError,
        f"{name}: A must be batches of square matrices, but they are {shape[0]} by {shape[1]} "
        f"matrices",
        "Only a square matrix has one.",
    )


def singular(name: str) -> Exception:
    return advised(
        RuntimeError,
        f"{name}: The diagonal element is zero, the inversion could not be completed because the "
        "input matrix is singular.",
        "Its columns are not independent.",
    )


def matrix_norm(ord) -> Exception:
    return advised(
        RuntimeError,
        f"linalg.matrix_norm: Order {ord} not supported by minigrad",
        "There are 'fro', 1, -1, inf and -inf; the others need a differentiable svd.",
    )


def norm_dims(ndim: int) -> Exception:
    return advised(
        RuntimeError,
        "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. "
        f"Got {ndim}D.",
        "Name the dimensions with dim.",
    )


def einsum(text: str) -> Exception:
    return advised(
        RuntimeError,
        f"einsum(): {text}",
        "One letter for each dimension, as in 'ij,jk->ik'.",
    )


def operand_type(function: str, name: str) -> Exception:
    return advised(
        TypeError,
        f"{function}(): argument 'other' (position 2) must be Tensor, not {name}",
        "Only tensors and numbers can be computed with.",
    )


def view_needs_copy() -> Exception:
    return advised(
        RuntimeError,
        "view size is not compatible with input tensor's size and stride (at least one dimension "
        "spans across two contiguous subspaces). Use .reshape(...) instead.",
        "reshape copies where it must.",
    )


def permutation(ndim: int, dims: int) -> Exception:
    return advised(
        RuntimeError,
        "permute(): duplicate dims are not allowed."
        if dims == ndim
        else "permute(sparse_coo): number of dimensions in the tensor input does not match the "
        f"length of the desired ordering of dimensions i.e. input.dim() = {ndim} is not equal to "
        f"len(dims) = {dims}",
        "Name each dimension once.",
    )


def t_of_stack(ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D",
        "mT turns each matrix of a stack.",
    )


def mt_of_vector(ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"tensor.mT is only supported on matrices or batches of matrices. Got {ndim}-D tensor.",
        "unsqueeze makes a vector a matrix of one row or column.",
    )


def stretch(length: int, own: int, dim: int, size, shape) -> Exception:
    return advised(
        RuntimeError,
        f"The expanded size of the tensor ({length}) must match the existing size ({own}) at "
        f"non-singleton dimension {dim}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}",
        "Only a dimension of length 1 can be stretched.",
    )


def bce_sizes(target, input) -> Exception:
    return advised(
        ValueError,
        f"Using a target size ({target}) that is different to the input size ({input}) is "
        f"deprecated. Please ensure they have the same size.",
        "One target for each prediction.",
    )


def not_probabilities() -> Exception:
    return advised(
        RuntimeError,
        "all elements of input should be between 0 and 1",
        "binary_cross_entropy_with_logits takes any numbers.",
    )


def class_type(dtype) -> Exception:
    return advised(
        RuntimeError,
        f"expected scalar type Long but found {dtype._torch_class}",
        "Classes are integers; probabilities have the shape of the input.",
    )


def nll_dims() -> Exception:
    return advised(
        RuntimeError,
        "input tensor should be 1D or 2D",
        "The classes need a dimension.",
    )


def nll_sizes(input, target) -> Exception:
    kind = ValueError
    if len(input) == 1:
        text = "For 1D input, 1D target must have size 1, but got target size: "
        text += str(target[0]) if len(target) == 1 else str(list(target))
    elif input[0] != target[0]:
        text = f"Expected input batch_size ({input[0]}) to match target batch_size ({target[0]})."
    elif len(input) == 2:
        kind, text = RuntimeError, "0D or 1D target tensor expected, multi-target not supported"
    else:
        expected = [input[0], *input[2:]]
        kind, text = RuntimeError, f"Expected target size {expected}, got {list(target)}"
    return advised(
        kind, text, "Classes lie along dimension 1 of the input; the target has the others."
    )


def nll_weight(classes: int, shape) -> Exception:
    return advised(
        RuntimeError,
        f"weight tensor should be defined either for all {classes} classes or no classes but got "
        f"weight tensor of shape: {list(shape)}",
        "One weight for each class.",
    )


def label_smoothing(value: float) -> Exception:
    return advised(
        RuntimeError,
        f"label_smoothing must be between 0.0 and 1.0. Got: {value}",
        "It is the share that all classes get alike.",
    )


def negative_beta() -> Exception:
    return advised(
        RuntimeError,
        "smooth_l1_loss does not support negative values for beta.",
        "beta is a width.",
    )


def huber_delta() -> Exception:
    return advised(
        RuntimeError,
        "huber_loss does not support non-positive values for delta.",
        "delta is a width.",
    )


def ranking_dims(input1, input2, target) -> Exception:
    return advised(
        RuntimeError,
        f"margin_ranking_loss : All input tensors should have same dimension but got sizes: "
        f"input1: {list(input1)}, input2: {list(input2)}, target: {list(target)} ",
        "One target for each pair.",
    )


def celu() -> Exception:
    return advised(
        RuntimeError,
        "ZeroDivisionError: alpha cannot be 0 for CELU",
        "alpha is a width.",
    )


def gelu() -> Exception:
    return advised(
        RuntimeError,
        "approximate argument must be either none or tanh.",
        "'none' is exact.",
    )


def glu_scalar() -> Exception:
    return advised(
        RuntimeError,
        "glu does not support 0-dimensional tensors",
        "It needs two halves.",
    )


def glu_odd(dim: int, size: int) -> Exception:
    return advised(
        RuntimeError,
        f"Halving dimension must be even, but dimension {dim} is size {size}",
        "It needs two equal halves.",
    )


def softshrink(lambd: float) -> Exception:
    return advised(
        RuntimeError,
        f"lambda must be greater or equal to 0, but found to be {lambd}.",
        "lambd is a width.",
    )


def prelu(channels: int, weights: int) -> Exception:
    return advised(
        RuntimeError,
        f"Mismatch of parameter numbers and input channel size. Found parameter numbers = "
        f"{weights} and channel size = {channels}.",
        "One slope, or one for each channel.",
    )


def layer_norm_shape(normalized, shape) -> Exception:
    return advised(
        RuntimeError,
        f"Given normalized_shape={list(normalized)}, expected input with shape [*, "
        f"{str(list(normalized))[1:-1]}], but got input of size{list(shape)}",
        "normalized_shape is the end of the input's shape.",
    )


def layer_norm_part(name: str, shape, normalized) -> Exception:
    return advised(
        RuntimeError,
        f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
        f"{list(shape)} and normalized_shape = {list(normalized)}",
        "One number for each element that is normalised.",
    )


def embedding_index(dtype) -> Exception:
    return advised(
        RuntimeError,
        f"Expected tensor for argument #1 'indices' to have one of the following scalar types: "
        f"Long, Int; but got minigrad.{dtype._torch_class}Tensor instead (while checking arguments "
        f"for embedding)",
        "Rows are named by integers.",
    )


def one_hot_type(dtype) -> Exception:
    return advised(
        RuntimeError,
        f"one_hot is only applicable to index tensor of type LongTensor. But got "
        f"{dtype._torch_class}",
        "Convert the tensor first with .long().",
    )


def one_hot_empty() -> Exception:
    return advised(
        RuntimeError,
        "Can not infer total number of classes from empty tensor.",
        "Say num_classes.",
    )


def one_hot_range(text: str) -> Exception:
    return advised(
        RuntimeError,
        text,
        "Classes count from 0 to num_classes - 1.",
    )


def pad_length(length: int, ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"Length of pad must be even and no more than twice the number of dimensions of the input. "
        f"Pad length is {length} while the input has {ndim} dimensions.",
        "One pair (before, after) for each dimension, the last one first.",
    )


def pad_negative(size: int, before: int, after: int) -> Exception:
    return advised(
        RuntimeError,
        f"The input size {size}, plus negative padding {before} and {after} resulted in a negative "
        f"output size, which is invalid.",
        "A negative pad cuts off no more than there is.",
    )


def expand_dims(tensor, size) -> Exception:
    return advised(
        RuntimeError,
        f"expand({tensor.type()}{{{list(tensor.shape)}}}, size={list(size)}): the number of sizes "
        f"provided ({len(size)}) must be greater or equal to the number of dimensions in the "
        f"tensor ({tensor.ndim})",
        "Dimensions are removed by an index, sum or squeeze.",
    )
