using MicroVm.Vmm.Control;
using MicroVm.Vmm.Machine;

namespace MicroVm.Vmm.Tests.Boot;

public sealed class KernelArgumentsTests
{
    private static readonly DriveConfig s_data = new("data", "/data", IsRootDevice: false, IsReadOnly: false);

    [Fact]
    public void For_NoRootDevice_LeavesTheLineAlone() =>
        Assert.Equal("console=ttyS0", KernelArguments.For(new BootSource("/kernel", BootArgs: "console=ttyS0"), [s_data]));

    [Theory]
    [InlineData(true, null, "quiet root=/dev/vda ro")]
    [InlineData(false, null, "quiet root=/dev/vda rw")]
    [InlineData(true, "0eaa91a0-01", "quiet root=PARTUUID=0eaa91a0-01 ro")]
    public void For_RootDevice_IsNamedToTheKernel(bool isReadOnly, string? partUuid, string expected)
    {
        DriveConfig root = new("root", "/root", IsRootDevice: true, isReadOnly, partUuid);
        Assert.Equal(expected, KernelArguments.For(new BootSource("/kernel", BootArgs: "quiet"), [s_data, root]));
    }

    [Fact]
    public void For_NoArguments_TakesTheDefaults() =>
        Assert.StartsWith("reboot=k panic=1", KernelArguments.For(new BootSource("/kernel"), []));
}
