using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Reconcile;

namespace MicroVm.EdgeAgent.Tests.Reconcile;

public sealed class BackOffTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 16)]
    [InlineData(9, 256)]
    [InlineData(10, 300)]
    [InlineData(int.MaxValue, 300)]
    public void Bound_FailuresInARow_DoublesToFiveMinutes(int failures, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), BackOff.Bound(failures));

    [Theory]
    [InlineData(0, 0.5, 0)]
    [InlineData(1, 0, 0.5)]
    [InlineData(1, 1, 1)]
    [InlineData(4, 0.5, 6)]
    [InlineData(int.MaxValue, 0, 150)]
    public void Delay_Fraction_IsFromHalfTheBoundToAllOfIt(int failures, double fraction, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), BackOff.Delay(failures, fraction));

    [Theory]
    [InlineData(0, 1.0, 1)]
    [InlineData(3, 1.0, 8)]
    [InlineData(3, 0.25, 2)]
    [InlineData(6, 1.0, 60)]
    [InlineData(int.MaxValue, 0.5, 30)]
    public void JitteredDelay_Fraction_IsOfTheWholeBound(int failures, double fraction, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), JitteredBackOff.Delay(failures, fraction));
}
