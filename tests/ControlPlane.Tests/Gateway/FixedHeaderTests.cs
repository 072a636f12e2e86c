using System.Buffers;
using MicroVm.ControlPlane.Host.Gateway;

namespace MicroVm.ControlPlane.Tests.Gateway;

public sealed class FixedHeaderTests
{
    [Theory]
    [InlineData(true, "", "None")]
    [InlineData(true, "10", "None")]
    [InlineData(true, "10 80", "None")]
    [InlineData(true, "10 80 20", "None")]
    [InlineData(true, "10 81 20", "Oversized")]
    [InlineData(true, "10 FF FF FF", "Oversized")]
    [InlineData(true, "30", "NotConnect")]
    [InlineData(true, "C0 00", "NotConnect")]
    [InlineData(true, "10 80 80 80 80", "MalformedLength")]
    [InlineData(false, "30 80 A0 40", "None")]
    [InlineData(false, "30 81 A0 40", "Oversized")]
    [InlineData(false, "30 FF FF FF 7F", "Oversized")]
    [InlineData(false, "30 80 80 80 80", "MalformedLength")]
    [InlineData(false, "C0 00", "None")]
    public void Judge_Header_GivesTheFault(bool first, string hex, string expected)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        Assert.Equal(expected, FixedHeader.Judge(new ReadOnlySequence<byte>(bytes), first).ToString());
    }
}
