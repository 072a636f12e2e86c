using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class IoUringLayoutTests
{
    [Theory]
    [InlineData(CTarget.X64)]
    [InlineData(CTarget.Arm64)]
    public void Structures_OfIoUring_HaveTheHeadersLayout(CTarget target)
    {
        CHeaderAssertions c = new("linux/io_uring.h");
        c.Size<IoUringSqe>("struct io_uring_sqe")
            .Offsets<IoUringSqe>(
                "struct io_uring_sqe",
                ("Operation", "opcode"),
                ("Flags", "flags"),
                ("IoPriority", "ioprio"),
                ("Fd", "fd"),
                ("Offset", "off"),
                ("Address", "addr"),
                ("Length", "len"),
                ("OperationFlags", "rw_flags"),
                ("UserData", "user_data"));
        c.Size<IoUringCqe>("struct io_uring_cqe")
            .Offsets<IoUringCqe>("struct io_uring_cqe", ("UserData", "user_data"), ("Result", "res"), ("Flags", "flags"));
        c.Size<IoUringParams>("struct io_uring_params")
            .Offsets<IoUringParams>(
                "struct io_uring_params",
                ("SqEntries", "sq_entries"),
                ("CqEntries", "cq_entries"),
                ("Flags", "flags"),
                ("Features", "features"),
                ("SqHead", "sq_off.head"),
                ("SqTail", "sq_off.tail"),
                ("SqArray", "sq_off.array"),
                ("CqHead", "cq_off.head"),
                ("CqTail", "cq_off.tail"),
                ("CqCqes", "cq_off.cqes"))
            .Equal("IORING_OP_READV", (long)IoUringOperation.ReadVectors)
            .Equal("IORING_OP_WRITEV", (long)IoUringOperation.WriteVectors)
            .Equal("IORING_OP_FSYNC", (long)IoUringOperation.Fsync)
            .Equal("IORING_FSYNC_DATASYNC", (long)IoUring.FsyncDataOnly)
            .Equal("IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE", 7)
            .Equal("IORING_OFF_SQES", 0x10000000)
            .Equal("IORING_SETUP_CQSIZE", 8)
            .Equal("IORING_ENTER_GETEVENTS", 1);
        Assert.Equal("", c.Compile(target));
    }
}
