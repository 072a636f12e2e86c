using MicroVm.Vmm.Guest.Boot;

namespace MicroVm.Vmm.Tests.Guest;

public sealed class RootFileSystemTests
{
    [Theory]
    [InlineData("console=ttyS0 quiet\n", "/dev/vda")]
    [InlineData("console=ttyS0 root=/dev/vda ro\n", "/dev/vdb")]
    [InlineData("root=/dev/vda\n", "/dev/vdb")]
    [InlineData("noroot=/dev/vda root=/dev/vdaa\n", "/dev/vda")]
    [InlineData("", "/dev/vda")]
    public void DeviceOf_CommandLine_IsTheFirstThatInitDidNotComeFrom(string commandLine, string expected) =>
        Assert.Equal(expected, RootFileSystem.DeviceOf(commandLine));
}
