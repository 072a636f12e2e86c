using MicroVm.EdgeAgent.Telemetry.Workloads;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Telemetry.Workloads;

public sealed class MetricBudgetTests
{
    private const long WindowMs = MetricLimits.WindowSeconds * 1_000L, IdleMs = MetricLimits.SeriesIdleSeconds * 1_000L;
    private readonly MetricBudget _budget = new();

    [Fact]
    public void Points_UpToTheLimit_AreTakenInEachWindow()
    {
        for (int i = 0; i < MetricLimits.PointsPerWindow / 100; i++)
        {
            Assert.Null(_budget.TryTake(Points(0, 100), 0));
        }

        Assert.StartsWith($"expected at most {MetricLimits.PointsPerWindow} points in {MetricLimits.WindowSeconds} s", _budget.TryTake(Points(0, 1), WindowMs - 1));
        Assert.Null(_budget.TryTake(Points(0, 1), WindowMs));
    }

    [Fact]
    public void Series_BeyondTheLimit_AreRefusedUntilOthersAreIdle()
    {
        Assert.Null(_budget.TryTake(Points(0, MetricLimits.SeriesPerVm - 1), 0));
        Assert.Null(_budget.TryTake(Points(MetricLimits.SeriesPerVm - 1, 1), IdleMs / 2));

        string? fault = _budget.TryTake(Points(1_000, 1), IdleMs - 1);

        Assert.StartsWith($"expected at most {MetricLimits.SeriesPerVm} series", fault);
        Assert.Null(_budget.TryTake(Points(0, 1), IdleMs - 1));
        Assert.Null(_budget.TryTake(Points(1_000, 5), IdleMs));
    }

    [Fact]
    public void Message_WithOneSeriesTooMany_ChangesNothing()
    {
        Assert.NotNull(_budget.TryTake(Points(0, MetricLimits.SeriesPerVm + 1), 0));

        Assert.Null(_budget.TryTake(Points(2_000, MetricLimits.SeriesPerVm), 0));
    }

    private static MetricPoint[] Points(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => new MetricPoint(ResourceName.Parse("web"), "m", 1, "", [new("i", $"{i}")], 0))];
}
