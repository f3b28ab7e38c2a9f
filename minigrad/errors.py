"""torch's error texts, each with one sentence of advice attached as a note of the exception.

The texts are those of torch 2.13. A function here makes an exception, its caller raises it.
"""

from __future__ import annotations


def advised(kind: type[Exception], text: str, advice: str) -> Exception:
    """An exception with torch's text and, as a note below it, one sentence of advice."""
    error = kind(text)
    error.add_note(advice)
    return error


def freed() -> Exception:
    return advised(
        RuntimeError,
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they "
        "have already been freed). Saved intermediate values of the graph are freed when you call "
        ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward "
        "through the "
        "graph a second time or if you need to access saved tensors after calling backward.",
        "Compute the output again before the next backward(); retain_graph=True is for two passes "
        "through one graph.",
    )


def changed_in_place(kind: str, shape, maker, version: int, expected: int) -> Exception:
    made_by = type(maker).__name__.partition("Backward")[0]
    origin = f", which is output 0 of {made_by}," if maker is not None else ""
    return advised(
        RuntimeError,
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation: "
        f"[minigrad.{kind}Tensor {list(shape)}]{origin} is at version {version}; expected version "
        f"{expected} "
        "instead. Hint: enable anomaly detection to find the operation that failed to compute its "
        "gradient, "
        "with minigrad.autograd.set_detect_anomaly(True, check_nan=False).",
        "The backward pass needs the old value: write `x = x + 1` in place of `x += 1`.",
    )


def leaf_in_place(view: bool = False) -> Exception:
    return advised(
        RuntimeError,
        f"a {'view of a ' if view else ''}leaf Variable that requires grad is being used in an "
        "in-place operation.",
        "To change a parameter, do it inside `with minigrad.no_grad():`.",
    )


def not_scalar() -> Exception:
    return advised(
        RuntimeError,
        "grad can be implicitly created only for scalar outputs",
        "Reduce the output first, for example with .sum(), or pass the vector v of the product "
        "v^T J: backward(v).",
    )


def no_grad_anywhere(index: int = 0) -> Exception:
    return advised(
        RuntimeError,
        f"element {index} of tensors does not require grad and does not have a grad_fn",
        "Make one of the inputs with requires_grad=True, and compute the output outside no_grad.",
    )


def gradient_shape(index: int, gradient, output) -> Exception:
    return advised(
        RuntimeError,
        f"Mismatch in shape: grad_output[{index}] has a shape of {gradient!r} and "
        f"output[{index}] has a shape of {output!r}.",
        "The vector that is sent back has the shape of the output.",
    )


def creation_needs_float() -> Exception:
    return advised(
        RuntimeError,
        "Only Tensors of floating point and complex dtype can require gradients",
        "Write the numbers as floats, for example 1.0 in place of 1.",
    )


def flag_needs_float() -> Exception:
    return advised(
        RuntimeError,
        "only Tensors of floating point dtype can require gradients",
        "Convert the tensor first, for example with .float().",
    )


def flag_of_non_leaf() -> Exception:
    return advised(
        RuntimeError,
        "you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable "
        "in a subgraph that doesn't require differentiation use var_no_grad = var.detach().",
        "The flag belongs to leaves; detach() gives the values without the history.",
    )


def unused(index: int) -> Exception:
    return advised(
        RuntimeError,
        f"The differentiated Tensor at index {index} appears to not have been used in the graph. "
        "Set allow_unused=True if this is the desired behavior.",
        "Check that the output was computed from this very tensor and not from a copy of it.",
    )


def input_without_grad() -> Exception:
    return advised(
        RuntimeError,
        "One of the differentiated Tensors does not require grad",
        "Make the input with requires_grad=True before the output is computed.",
    )


def grad_size(new, own) -> Exception:
    return advised(
        RuntimeError,
        f"attempting to assign a gradient of size '{list(new)}' to a tensor of size '{list(own)}'. "
        "Please ensure that the gradient and the tensor are the same size",
        "A gradient has the shape of its tensor.",
    )


def grad_dtype(new: str, own: str) -> Exception:
    return advised(
        RuntimeError,
        f"attempting to assign a gradient with dtype '{new.lower()}' to a tensor with grad_dtype "
        f"'{own}'. "
        "The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You "
        "can set the "
        "tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set "
        "grad_dtype with "
        "caution. Diverging the dtypes of a tensor and its gradient may break downstream systems "
        "that assume "
        "they match.",
        "Convert the gradient first, for example with .to(x.dtype).",
    )


def grad_type(name: str) -> Exception:
    return advised(
        TypeError,
        f"assigned grad expected to be a Tensor or None but got grad of type {name}",
        "To clear a gradient, assign None.",
    )


def numpy_needs_detach() -> Exception:
    return advised(
        RuntimeError,
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        "An array has no history; detach() says that you know it.",
    )


def grad_count(outputs: int, gradients: int) -> Exception:
    return advised(
        RuntimeError,
        f"got {outputs} tensors and {gradients} gradients",
        "Give one gradient for each output, or None for an output of one element.",
    )


def grad_output_type(name: str) -> Exception:
    return advised(
        TypeError,
        f"gradients can be either Tensors or None, but got {name}",
        "Make it a tensor: minigrad.tensor([...]).",
    )


def ambiguous_truth(elements: int) -> Exception:
    amount = "more than one value" if elements else "no values"
    return advised(
        RuntimeError,
        f"Boolean value of Tensor with {amount} is ambiguous",
        "Use .any() or .all() to say what is meant.",
    )


def not_one_element(elements: int) -> Exception:
    return advised(
        RuntimeError,
        f"a Tensor with {elements} elements cannot be converted to Scalar",
        "Use .tolist() for all the numbers.",
    )


def broadcast(a, b) -> Exception:
    """The text for two shapes that do not fit: it names the last dimension that is wrong."""
    from_end = max(len(a), len(b))
    for k in range(1, min(len(a), len(b)) + 1):
        if a[-k] != b[-k] and a[-k] != 1 and b[-k] != 1:
            return advised(
                RuntimeError,
                f"The size of tensor a ({a[-k]}) must match the size of tensor b ({b[-k]}) "
                f"at non-singleton dimension {from_end - k}",
                "Shapes are lined up at their ends; each pair must be equal, or one of the two "
                "must be 1.",
            )
    raise AssertionError(f"shapes {a} and {b} fit")


def operands(operands, problem: Exception) -> Exception:
    """What torch says where NumPy refused operands: two shapes do not fit, or the types."""
    shapes = [x.shape for x in operands if hasattr(x, "shape")]
    for i, b in enumerate(shapes):
        for a in shapes[:i]:
            ends = zip(reversed(a), reversed(b), strict=False)
            if any(m != n and 1 not in (m, n) for m, n in ends):
                return broadcast(a, b)
    return advised(
        RuntimeError, str(problem), "Look at the shapes and the types of what is put together."
    )


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


def no_scatter_reduce() -> Exception:
    return NotImplementedError(
        "minigrad's scatter has no `reduce`: scatter_add adds, without it the last one stays."
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


def mat_shapes(a, b) -> Exception:
    return advised(
        RuntimeError,
        f"mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})",
        "The columns of the first must be as many as the rows of the second.",
    )


def mat_vec_shapes(a, v) -> Exception:
    return advised(
        RuntimeError,
        f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[1]}), vec ({v[0]})",
        "The matrix needs as many columns as the vector has elements.",
    )


def dot_shapes(a, b) -> Exception:
    return advised(
        RuntimeError,
        f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same "
        "number of "
        f"elements, but got {a[0]} and {b[0]} elements respectively",
        "A dot product needs two vectors of one length.",
    )


def matmul_types(a, b) -> Exception:
    first, second = (tensor.type().split(".")[-1].removesuffix("Tensor") for tensor in (a, b))
    match a.ndim, b.ndim:
        case 1, 1:
            return dot_types(first, second)
        case _, 1:
            text = (
                "addmv input tensors must have the same dtype, but got "
                f"{second}, {first}, and {second}"
            )
        case _, 2:
            text = (
                "expected m1 and m2 to have the same dtype, but got: "
                f"{_c_name(a.dtype)} != {_c_name(b.dtype)}"
            )
        case _:
            text = f"expected scalar type {first} but found {second}"
    return advised(RuntimeError, text, "Convert one of the two first, for example with .float().")


def _c_name(dtype) -> str:
    return {
        "float32": "float",
        "float64": "double",
        "float16": "c10::Half",
        "int64": "long int",
    }.get(dtype.name, dtype.name)


def batch_shapes(a, b) -> Exception:
    return advised(
        RuntimeError,
        f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[-1]}] but "
        f"got: "
        f"[{b[0]}, {b[-2]}].",
        "The columns of the first matrices must be as many as the rows of the second.",
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


def dot_types(first: str, second: str) -> Exception:
    return advised(
        RuntimeError,
        f"dot : expected both vectors to have same dtype, but found {first} and {second}",
        "Convert one of the two first, for example with .float().",
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


def mean_of_integers(kind: str) -> Exception:
    return advised(
        RuntimeError,
        "mean(): could not infer output dtype. Input dtype must be either a floating point or "
        "complex dtype. "
        f"Got: {kind}",
        "Convert the tensor first, for example with .float().",
    )


def dim_range(dim: int, ndim: int) -> Exception:
    span = max(ndim, 1)
    return advised(
        IndexError,
        f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})",
        "Dimensions are counted from 0, or from the end with -1.",
    )


def view_size(shape, elements: int) -> Exception:
    return advised(
        RuntimeError,
        f"shape '{list(shape)}' is invalid for input of size {elements}",
        "The new shape must hold as many elements as the old one.",
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


def output_shape(own, new) -> Exception:
    return advised(
        RuntimeError,
        f"output with shape {list(own)} doesn't match the broadcast shape {list(new)}",
        "An in-place operation cannot change the shape.",
    )


def cast_in_place(result: str, own: str) -> Exception:
    return advised(
        RuntimeError,
        f"result type {result} can't be cast to the desired output type {own}",
        "An in-place operation cannot change the type: convert first, or write `x = x + y`.",
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
    return advised(
        ValueError,
        f"Expected input batch_size to match target: input {list(input)}, target {list(target)}",
        "Classes lie along dimension 1 of the input; the target has the other dimensions.",
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


def retain_without_grad() -> Exception:
    return advised(
        RuntimeError,
        "can't retain_grad on Tensor that has requires_grad=False",
        "Only a tensor with a history gets a gradient.",
    )


def hook_without_grad() -> Exception:
    return advised(
        RuntimeError,
        "cannot register a hook on a tensor that doesn't require gradient",
        "Only a tensor with a history gets a gradient.",
    )


def inference_saved() -> Exception:
    return advised(
        RuntimeError,
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
        "inference mode "
        "in computation tracked by autograd. To work around this, you can make a clone to get a "
        "normal tensor "
        "and use it in autograd, or use `minigrad.no_grad()` instead of "
        "`minigrad.inference_mode()`.",
        "no_grad keeps its results usable; inference_mode does not.",
    )


def inference_in_place() -> Exception:
    return advised(
        RuntimeError,
        "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a "
        "clone to "
        "get a normal tensor before doing inplace update.See "
        "https://github.com/pytorch/rfcs/pull/17 for "
        "more details.",
        "Write x = x.clone() first.",
    )


def inference_flag() -> Exception:
    return advised(
        RuntimeError,
        "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.",
        "Write x = x.clone() first.",
    )


def not_an_index() -> Exception:
    return advised(
        TypeError,
        "only integer tensors of a single element can be converted to an index",
        "Take one element of an integer tensor, or convert with .long() first.",
    )


def no_dimension(what: str) -> Exception:
    return advised(
        TypeError, f"{what} a 0-d tensor", "It is a single number: .item() gives it to Python."
    )


def not_one_number() -> Exception:
    return advised(
        ValueError,
        "only one element tensors can be converted to Python scalars",
        "Use .tolist() for all the numbers.",
    )


def flag_type(name: str) -> Exception:
    return advised(
        TypeError,
        f"requires_grad_(): argument 'requires_grad' (position 1) must be bool, not {name}",
        "Write requires_grad_(True) or requires_grad_(False).",
    )


def hook_of_non_leaf() -> Exception:
    return advised(
        RuntimeError,
        "post accumulate grad hooks cannot be registered on non-leaf tensors",
        "Only a leaf accumulates; use register_hook on a result.",
    )


def detach_view() -> Exception:
    return advised(
        RuntimeError,
        "Can't detach views in-place. Use detach() instead. If you are using "
        "DistributedDataParallel "
        "(DDP) for training, and gradient_as_bucket_view is set as True, gradients are views of "
        "DDP "
        "buckets, and hence detach_() cannot be called on these gradients. To fix this error, "
        "please "
        "refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution.",
        "A view shares its history with its base.",
    )


def numpy_of_gpu(device) -> Exception:
    return advised(
        TypeError,
        f"can't convert {device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
        "to "
        "host memory first.",
        "Write x.cpu().numpy().",
    )


def copy_of_result() -> Exception:
    return advised(
        RuntimeError,
        "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol "
        "at "
        "the moment.  If you were attempting to deepcopy a module, this may be because of a "
        "torch.nn.utils.weight_norm usage, see "
        "https://github.com/pytorch/pytorch/pull/103001",
        "Copy x.detach() instead.",
    )


# --- custom Functions and saved tensors -----------------------------------------------------------


def number_of_gradients(name: str, expected: int, got: int) -> Exception:
    return advised(
        RuntimeError,
        f"function {name} returned an incorrect number of gradients (expected {expected}, "
        f"got {got})",
        "backward returns one gradient for each argument of forward, None for one without.",
    )


def gradient_of_no_tensor(name: str, place: int) -> Exception:
    return advised(
        RuntimeError,
        f"function {name} returned a gradient different than None at position {place + 1}, but the "
        "corresponding forward input was not a Variable",
        "Return None in the place of an argument that is not a tensor.",
    )


def gradient_type(kind: str) -> Exception:
    return advised(
        RuntimeError,
        f"expected Variable or None (got {kind})",
        "backward returns a tensor, or a tuple of tensors and None.",
    )


def invalid_gradient(name: str, index: int, got, shape) -> Exception:
    return advised(
        RuntimeError,
        f"Function {name} returned an invalid gradient at index {index} - got {list(got)} but "
        f"expected shape compatible with {list(shape)}",
        "A gradient has the shape of the input that it belongs to.",
    )


def legacy_function() -> Exception:
    return advised(
        RuntimeError,
        "Legacy autograd function with non-static forward method is deprecated. Please use "
        "new-style autograd function with static forward method. (Example: "
        "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)",
        "Call MyFunction.apply(...), without making an object of the class.",
    )


def saved_no_tensor(index: int, kind: str) -> Exception:
    return advised(
        TypeError,
        f"save_for_backward can only save variables, but argument {index} is of type {kind}",
        "Anything that is not a tensor is kept as an attribute: ctx.exponent = exponent.",
    )


def dirty_not_returned() -> Exception:
    return advised(
        RuntimeError,
        "Some elements marked as dirty during the forward method were not returned as output. The "
        "inputs that are modified inplace must all be outputs of the Function.",
        "Return the very tensor that was given to ctx.mark_dirty.",
    )


def dirty_leaf() -> Exception:
    return advised(
        RuntimeError,
        "a leaf Variable that requires grad has been used in an in-place operation.",
        "To change a parameter, do it inside `with minigrad.no_grad():`.",
    )


def dirty_view() -> Exception:
    return advised(
        RuntimeError,
        "If your Function modifies inplace an input that is a view of another Tensor, your "
        "Function cannot return more than one Tensor. This is not supported by the current "
        "autograd engine. You should either make sure the input is not a view (using .clone() for "
        "example) or make your Function only return one Tensor (potentially splitting it into two "
        "Functions: one doing the inplace that returns a single Tensor and a second one that does "
        "the other operations). You can ask on the forum https://discuss.pytorch.org/ if you need "
        "help to do this change.",
        "Here the view must also be the first argument.",
    )


_VIEWS = {
    "no_grad": (
        " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
        "your code by moving both the view and the inplace either both inside the no_grad block "
        "(if you don't want the inplace to be tracked) or both outside (if you want the inplace to "
        "be tracked).",
        "Make the view and change it on the same side of `with no_grad():`.",
    ),
    "inference": (
        " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
        "your code by moving both the view and the inplace either both inside the inference_mode "
        "block (if you don't want the inplace to be tracked) or both outside (if you want the "
        "inplace to be tracked).",
        "Make the view and change it on the same side of `with inference_mode():`.",
    ),
    "several": (
        " This view is the output of a function that returns multiple views. Such functions do not "
        "allow the output views to be modified inplace. You should replace the inplace operation "
        "by an out-of-place one.",
        "Write part = part + 1 in place of part += 1, or take the part by its index: x[0] += 1.",
    ),
    "function": (
        " This view was created inside a custom Function (or because an input was returned as-is) "
        "and the autograd logic to handle view+inplace would override the custom backward "
        "associated with the custom Function, leading to incorrect gradients. This behavior is "
        "forbidden. You can fix this by cloning the output of the custom Function.",
        "Return x.clone() from forward in place of x or a part of it.",
    ),
}


def view_in_place(origin: str, maker, output_nr: int, indirect: bool = False) -> Exception:
    """A view that its origin forbids to change; `indirect`: something else on its memory was."""
    changed = "its base or another view of its base has been" if indirect else "is being"
    function = type(maker).__name__.partition("Backward")[0]
    view = maker and f"Output {output_nr} of {function} is a view"
    if view and origin in ("several", "function"):
        start = f"{view} and {changed} modified inplace."
    else:
        start = f"{view} of a view which was" if view else "A view was"
        there, here = ("no_grad mode", "with grad mode enabled")
        if origin == "inference":
            there, here = ("inference mode", "in normal mode")
        start += f" created in {there} and {changed} modified inplace {here}."
    text, advice = _VIEWS[origin]
    return advised(RuntimeError, start + text, advice)


def fill_value(ndim: int) -> Exception:
    return advised(
        RuntimeError,
        f"fill_ only supports 0-dimension value tensor but got tensor with {ndim} dimensions.",
        "copy_ writes a tensor with dimensions.",
    )


def assigned_type(value, tensor_type: str) -> Exception:
    kind = type(value)
    module = "numpy." if kind.__module__ == "numpy" else ""
    return advised(
        TypeError,
        f"can't assign a {module}{kind.__name__} to a {tensor_type}",
        "Make a tensor of it first: x[0] = minigrad.tensor(value).",
    )


def index_put_types(self, values) -> Exception:
    own, new = (t.type().rpartition(".")[-1].removesuffix("Tensor") for t in (self, values))
    return advised(
        RuntimeError,
        "Index put requires the source and destination dtypes match, got "
        f"{own} for the destination and {new} for the source.",
        "Convert the values first, for example with .to(x.dtype).",
    )


def expand_dims(tensor, size) -> Exception:
    return advised(
        RuntimeError,
        f"expand({tensor.type()}{{{list(tensor.shape)}}}, size={list(size)}): the number of sizes "
        f"provided ({len(size)}) must be greater or equal to the number of dimensions in the "
        f"tensor ({tensor.ndim})",
        "Dimensions are removed by an index, sum or squeeze.",
    )


def shared_elements(partly: bool) -> Exception:
    """Writing where one place in memory is several elements."""
    place = (
        "some elements of the input tensor and the written-to tensor refer"
        if partly
        else "more than one element of the written-to tensor refers"
    )
    return advised(
        RuntimeError,
        f"unsupported operation: {place} to a single memory location. Please clone() the tensor "
        "before performing the operation.",
        "clone() makes a copy with memory of its own.",
    )


def differentiated_twice() -> Exception:
    return advised(
        RuntimeError,
        "trying to differentiate twice a function that was marked with @once_differentiable",
        "Write backward with operations on tensors and take the decorator away.",
    )


def packing_in_place() -> Exception:
    return advised(
        RuntimeError,
        "A saved tensor pack hook is modifying its input in place. Tensors provided as input to "
        "pack hook cannot be modified by in-place operations as this can lead to unexpected "
        "side-effects. Please open an issue if you need to perform in-place operations on the "
        "input to a pack hook.",
        "Let the pack hook make a new tensor.",
    )


def unpacked_type(kind: str) -> Exception:
    return advised(
        TypeError,
        f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {kind}",
        "unpack_hook makes a tensor out of what pack_hook returned.",
    )


NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
    "attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for "
    "a non-leaf "
    "Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
    "mistake, make sure "
    "you access the leaf Tensor instead."
)
CREATE_GRAPH_CYCLE = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter "
    "and its "
    "gradient which can cause a memory leak. We recommend using autograd.grad when creating the "
    "graph to avoid "
    "this. If you have to use this function, make sure to reset the .grad fields of your "
    "parameters to None "
    "after use to break the cycle and avoid the leak."
)
TO_SCALAR = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
    "Consider using tensor.detach() first."
)
COPY_CONSTRUCT = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than minigrad.tensor(sourceTensor)."
)
DIRTY_NO_INPUT = (
    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been "
    "mutated should be passed to ctx.mark_dirty()."
)
