using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry;

namespace MicroVm.EdgeAgent.Tests.Telemetry;

public sealed class BatchDecisionsTests
{
    private const double Never = -1;

    [Theory]
    [InlineData(0, Never, false, false, 0)] // the first samples
    [InlineData(0, 5, false, false, 27)]
    [InlineData(0, 5, true, false, 0)] // errors
    [InlineData(0, 5, false, true, 0)] // full
    [InlineData(0, 60, false, false, 0)] // a long interval
    [InlineData(1, Never, false, false, 0.5)]
    [InlineData(1, 10, false, false, 20)]
    [InlineData(1, 60, false, false, 0.5)]
    [InlineData(2, 1, false, false, 0.5)]
    [InlineData(2, 1, false, true, 0)]
    public void Wait_OfAClass_IsWhatItsReadersBear(int kind, double sinceLast, bool urgent, bool full, double seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds),
        BatchDecisions.Wait((SpoolClass)kind, sinceLast == Never ? null : TimeSpan.FromSeconds(sinceLast), urgent, full));
}
