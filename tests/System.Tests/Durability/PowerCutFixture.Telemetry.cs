using MicroVm.Shared.Contracts.Api;

namespace MicroVm.SystemTests.Durability;

/// <content>What the reader of the device's telemetry finds, whatever was cut.</content>
public sealed partial class PowerCutFixture
{
    /// <summary>
    /// Counts what the agent took, and goes on counting, in a line of shell: the next number is posted when the one before was taken. Each run of the
    /// workload counts anew and has a name, <c>run</c>.
    /// </summary>
    private const string Post =
        """run=$(busybox cat /proc/sys/kernel/random/uuid); """
        + """post() { b='{"name":"counted","value":'$1',"labels":{"run":"'$run'"}}'; """
        + """printf 'POST /v1/telemetry HTTP/1.1\r\nHost: 169.254.169.254\r\nContent-Length: %d\r\n\r\n%s' ${#b} "$b" | busybox nc -w 60 169.254.169.254 80; }; """
        + """(m=1; while :; do case $(post $m) in "HTTP/1.1 204"*) m=$((m + 1)) ;; esac; busybox sleep 1; done) 2>/dev/null &""";

    private IReadOnlyList<TelemetryView> _samples = [];
    private IReadOnlyList<MetricPointView> _points = [];

    /// <summary>Starts of the agent of which samples, and of which points, have come.</summary>
    internal (int Samples, int Points) BootsSeen => (_samples.DistinctBy(static one => one.BootId).Count(), _points.DistinctBy(static one => one.BootId).Count());

    /// <summary>
    /// Everything that the control plane had when this was asked before is there still, in its place; each start of the agent comes after the one
    /// before, its batches in their order, nothing comes twice, and of what it took nothing is missing in between.
    /// </summary>
    internal async Task AssertTelemetryAsync(string where)
    {
        IReadOnlyList<TelemetryView> samples = [.. (await Client.GetDeviceTelemetryAsync(DeviceId, 10_000)).Reverse()];
        IReadOnlyList<MetricPointView> points = await Client.GetPointsAsync(DeviceId, "counted");
        Assert.Null((await Client.GetDeviceAsync(DeviceId)).TelemetryLost);
        AssertBegins(_samples.Select(Key), samples.Select(Key), $"{where}: samples");
        AssertBegins(_points.Select(Key), points.Select(Key), $"{where}: points");
        (_samples, _points) = (samples, points);

        AssertInOrder(samples.Select(static one => (one.BootId!.Value, one.Sequence)), $"{where}: samples");
        AssertInOrder(points.Select(static one => (one.BootId, one.Sequence)), $"{where}: points");
        foreach (IGrouping<Guid?, TelemetryView> boot in samples.GroupBy(static one => one.BootId))
        {
            AssertSame(boot.Select(static one => one.UptimeSeconds).Order(), boot.Select(static one => one.UptimeSeconds), $"{where}: samples by uptime");
            Assert.Equal(boot.Count(), boot.DistinctBy(static one => one.At).Count());
        }

        foreach (IGrouping<string, MetricPointView> run in points.GroupBy(static one => one.Labels["run"]))
        {
            AssertSame(run.Select(static one => one.Value).Order(), run.Select(static one => one.Value), $"{where}: run {run.Key}");
            foreach (IGrouping<Guid, MetricPointView> boot in run.GroupBy(static one => one.BootId))
            {
                AssertSame(
                    Enumerable.Range((int)boot.First().Value, boot.Count()).Select(static number => (double)number),
                    boot.Select(static one => one.Value),
                    $"{where}: run {run.Key} as start {boot.Key} of the agent took it");
            }
        }
    }

    private static (Guid? Boot, ulong Sequence, DateTimeOffset At) Key(TelemetryView one) => (one.BootId, one.Sequence, one.At);

    private static (Guid Boot, ulong Sequence, DateTimeOffset At, double Value) Key(MetricPointView one) => (one.BootId, one.Sequence, one.At, one.Value);

    /// <summary>One start of the agent after the other, and within each its batches by their numbers.</summary>
    private static void AssertInOrder(IEnumerable<(Guid Boot, ulong Sequence)> found, string where)
    {
        (Guid Boot, ulong Sequence)[] all = [.. found];
        AssertSame(all.GroupBy(static one => one.Boot).SelectMany(static boot => boot.OrderBy(static one => one.Sequence)), all, where);
    }

    private static void AssertBegins<T>(IEnumerable<T> before, IEnumerable<T> now, string where) =>
        AssertSame(before, now.Take(before.Count()), $"{where} that were there before the cut");

    private static void AssertSame<T>(IEnumerable<T> expected, IEnumerable<T> found, string where) =>
        Assert.True(expected.SequenceEqual(found), $"{where}: expected {string.Join(' ', expected)}; found {string.Join(' ', found)}");
}
