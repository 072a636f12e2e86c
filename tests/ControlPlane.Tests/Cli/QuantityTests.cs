using MicroVm.ControlPlane.Cli.Output;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(128 << 20, "128 MiB")]
    [InlineData(1023L << 20, "1 GiB")]
    [InlineData(long.MaxValue, "8 EiB")]
    public void Bytes_HaveABinaryUnit(long bytes, string expected) => Assert.Equal(expected, Quantity.Bytes((ulong)bytes));

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(0.4, "0s")]
    [InlineData(119, "119s")]
    [InlineData(125, "2m5s")]
    [InlineData(7300, "2h1m")]
    [InlineData(90_000, "25h0m")]
    [InlineData(190_000, "2d4h")]
    public void Duration_HasItsLargestUnits(double seconds, string expected) => Assert.Equal(expected, Quantity.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("0s", 0)]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("1h30m5s", 5405)]
    public void Duration_WellFormed_IsRead(string text, int seconds)
    {
        Assert.True(Quantity.TryParseDuration(text, out TimeSpan duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 m")]
    [InlineData("5d")]
    [InlineData("99999999999s")]
    public void Duration_Malformed_IsRefused(string text) => Assert.False(Quantity.TryParseDuration(text, out _));
}
