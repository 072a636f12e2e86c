using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Workloads;

/// <content>What workloads measure, from inside a guest to the operator.</content>
public sealed partial class WorkloadTests
{
    /// <summary>A batch waits half a minute for more, and the device is slow.</summary>
    private static readonly TimeSpan s_pointsLimit = TimeSpan.FromSeconds(120);

    /// <summary>Posts $m as a busybox can.</summary>
    private const string Post = """
        post() { printf 'POST /v1/telemetry HTTP/1.1\r\nHost: 169.254.169.254\r\nContent-Length: %d\r\n\r\n%s' ${#1} "$1" | nc -w 10 169.254.169.254 80; }

        """;

    [Fact]
    public async Task Metrics_ByHttpAndVsock_AreReadByTheOperator()
    {
        // Restricted as it is, it may say what it measures.
        string taken = await InVmAsync(
            WorkloadFixture.Friend, Post + """post '[{"name":"by.http","value":21.5,"unit":"m/s","labels":{"line":"4"}},{"name":"by.http","value":22}]'""");
        Assert.StartsWith("HTTP/1.1 204 ", taken, StringComparison.Ordinal);
        string refused = await InVmAsync(WorkloadFixture.Web, Post + """post '{"name":"no value"}'""");
        Assert.StartsWith("HTTP/1.1 400 ", refused, StringComparison.Ordinal);
        Assert.Contains("expected a name and a value, found no value", refused, StringComparison.Ordinal);

        await BringSocatAsync();
        string answers = await InVmAsync(
            WorkloadFixture.Web,
            """
            cd /tmp/tools
            printf '{"name":"by.vsock","value":-3}\nnonsense\n' | ./ld-linux-x86-64.so.2 --library-path . ./socat -t 10 - VSOCK-CONNECT:2:1026
            cd / && rm -r /tmp/tools
            """);
        Assert.Equal("204\n400 expected JSON, found something else at byte 0\n", answers);

        IReadOnlyList<MetricPointView> http = await PointsAsync("by.http", static points => points.Count == 2);
        Assert.Equal([(WorkloadFixture.Friend, 21.5, "m/s", "4"), (WorkloadFixture.Friend, 22, "", "")],
            http.Select(static point => (point.Vm, point.Value, point.Unit, point.Labels.GetValueOrDefault("line", ""))).OrderBy(static point => point.Value));
        Assert.InRange(http[0].At, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1));
        MetricPointView vsock = Assert.Single(await PointsAsync("by.vsock", static points => points.Count > 0));
        Assert.Equal((WorkloadFixture.Web, -3), (vsock.Vm, vsock.Value));
        Assert.Contains("by.vsock", await _device.Mvm.MustAsync("metrics", $"{_device.DeviceId}/{WorkloadFixture.Web}"), StringComparison.Ordinal);
        Assert.Contains("line=4", await _device.Mvm.MustAsync("metrics", _device.DeviceId, "by.http"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_WhileTheControlPlaneIsAway_AreDeliveredOnceAndInOrder()
    {
        await InVmAsync(
            WorkloadFixture.Web,
            Post + """
            touch /tmp/counting
            (i=1; while [ -e /tmp/counting ]; do
              case $(post '{"name":"counted","value":'$i'}') in HTTP/1.1\ 204*) i=$((i+1)) ;; esac
              sleep 1
            done) </dev/null >/dev/null 2>&1 &
            """);
        await PointsAsync("counted", static points => points.Count > 0);

        await _device.ControlPlane.KillAsync();
        long spooled = await WaitForSpoolAsync(batches: 4);
        await _device.ControlPlane.StartAsync();

        // More than half a minute of counting was spooled; then it goes on.
        IReadOnlyList<MetricPointView> points = await PointsAsync("counted", static points => points.Count > 20);
        await InVmAsync(WorkloadFixture.Web, "rm /tmp/counting");
        Assert.True(spooled >= 4, $"expected batches in the spool, found {spooled}");
        Assert.Equal(Enumerable.Range(1, points.Count).Select(static number => (double)number), points.Select(static point => point.Value));
        Assert.Equal(points.Select(static point => point.At).Order(), points.Select(static point => point.At));
        await _device.WaitUntilReadyAsync();
    }

    private Task<string> InVmAsync(string vm, string script) => _device.Mvm.MustAsync("exec", $"{_device.DeviceId}/{vm}", "--", "/bin/sh", "-c", script);

    private Task<IReadOnlyList<MetricPointView>> PointsAsync(string name, Func<IReadOnlyList<MetricPointView>, bool> wanted) =>
        _device.Client.WaitForPointsAsync(_device.DeviceId, name, $"points of {name}", s_pointsLimit, wanted);

    /// <summary>The device is asked until so many batches wait; each answer takes it a moment.</summary>
    private async Task<long> WaitForSpoolAsync(int batches)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            string answer = (await _device.Device.RunAsync("microvm-agent status --json")).Output;
            using JsonDocument status = JsonDocument.Parse(answer);
            long spooled = status.RootElement.GetProperty("spooledBatches").GetInt64();
            if (spooled >= batches)
            {
                return spooled;
            }

            Assert.True(Stopwatch.GetElapsedTime(began) < s_pointsLimit, string.Create(CultureInfo.InvariantCulture, $"expected {batches} batches in the spool, found {spooled}"));
        }
    }

    /// <summary>Debian's socat, which knows vsock, with its libraries: the static busybox does not.</summary>
    private async Task BringSocatAsync()
    {
        await InVmAsync(WorkloadFixture.Web, "mkdir /tmp/tools");
        const string Files = "$(command -v socat) $(ldd $(command -v socat) | grep -o '/[^ ]*')";
        using Process bring = _device.Mvm.Start(
            "sh",
            "-c",
            $"tar chP --transform 's|.*/||' {Files} | {Artifacts.Mvm} exec -i {_device.DeviceId}/{WorkloadFixture.Web} -- /bin/tar x -f - -C /tmp/tools");
        string error = await bring.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bring.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(bring.ExitCode == 0, error);
    }
}
