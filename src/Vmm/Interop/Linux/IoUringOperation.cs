namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>IORING_OP_*</c> of <c>&lt;linux/io_uring.h&gt;</c>.</summary>
internal enum IoUringOperation : byte
{
    ReadVectors = 1,
    WriteVectors = 2,
    Fsync = 3,
}
