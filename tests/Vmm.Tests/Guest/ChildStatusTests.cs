using MicroVm.Vmm.Guest.Supervision;

namespace MicroVm.Vmm.Tests.Guest;

public class ChildStatusTests
{
    [Theory]
    [InlineData(0x0000, 0)]
    [InlineData(0x0700, 7)]
    [InlineData(0xFF00, 255)]
    [InlineData(0x0009, 137)]
    [InlineData(0x000F, 143)]
    [InlineData(0x008B, 139)]
    public void ExitCodeOf_StatusWord_IsTheCodeOrSignalPlus128(int status, int expected) =>
        Assert.Equal(expected, ChildStatus.ExitCodeOf(status));
}
