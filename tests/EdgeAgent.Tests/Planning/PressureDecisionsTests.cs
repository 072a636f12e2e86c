using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Planning;

public sealed class PressureDecisionsTests
{
    private static readonly MemoryInfo s_plenty = new(1000, 500);

    [Theory]
    [InlineData("some avg10=12.34 avg60=0.00 avg300=0.00 total=5\nfull avg10=1.05 avg60=0.00 avg300=0.00 total=5\n", 1234, 105)]
    [InlineData("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0, 0)]
    public void Parse_KernelsText_IsHundredthsOfAPercent(string text, int some, int full) => Assert.Equal(new PressureReading(some, full), PressureReading.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("some avg10=x avg60=0.00")]
    [InlineData("some avg10=1000.0 avg60=0.00")]
    [InlineData("full avg10=1.00 avg60=0.00")]
    public void Parse_OtherText_IsNone(string text) => Assert.Null(PressureReading.Parse(text));

    [Theory]
    [InlineData(nameof(HostPressure.None), 9_99, 0, nameof(HostPressure.None))]
    [InlineData(nameof(HostPressure.None), 10_00, 0, nameof(HostPressure.Some))]
    [InlineData(nameof(HostPressure.Some), 5_00, 0, nameof(HostPressure.Some))]
    [InlineData(nameof(HostPressure.Some), 4_99, 0, nameof(HostPressure.None))]
    [InlineData(nameof(HostPressure.None), 40_00, 0, nameof(HostPressure.High))]
    [InlineData(nameof(HostPressure.None), 12_00, 10_00, nameof(HostPressure.High))]
    [InlineData(nameof(HostPressure.High), 20_00, 0, nameof(HostPressure.High))]
    [InlineData(nameof(HostPressure.High), 19_00, 0, nameof(HostPressure.Some))]
    public void Next_Waiting_IsTakenBackLaterThanItIsSaid(string before, int some, int full, string expected) =>
        Assert.Equal(Enum.Parse<HostPressure>(expected), PressureDecisions.Next(Enum.Parse<HostPressure>(before), new PressureReading(some, full), s_plenty));

    [Theory]
    [InlineData(nameof(HostPressure.None), 40, nameof(HostPressure.None))]
    [InlineData(nameof(HostPressure.None), 39, nameof(HostPressure.Some))]
    [InlineData(nameof(HostPressure.Some), 59, nameof(HostPressure.Some))]
    [InlineData(nameof(HostPressure.Some), 60, nameof(HostPressure.None))]
    [InlineData(nameof(HostPressure.Some), 19, nameof(HostPressure.High))]
    [InlineData(nameof(HostPressure.High), 29, nameof(HostPressure.High))]
    public void Next_KernelWithoutPsi_GoesByWhatIsAvailable(string before, ulong available, string expected) =>
        Assert.Equal(Enum.Parse<HostPressure>(expected), PressureDecisions.Next(Enum.Parse<HostPressure>(before), null, new MemoryInfo(1000, available)));
}
