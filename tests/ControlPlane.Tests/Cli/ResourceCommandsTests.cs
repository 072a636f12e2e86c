using System.Text.Json;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class ResourceCommandsTests
{
    [Fact]
    public async Task Devices_AsATable_AreAligned()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new ListView<DeviceView>([Views.Device("dev-1"), Views.Device("a-longer-name", online: false, observed: 2)]),
            ApiJsonContext.Default.ListViewDeviceView);

        CliRun run = await CliRun.OfAsync(server.Url, "devices");

        Assert.Equal(0, run.Code);
        Assert.Equal(3, run.OutLines.Length);
        Assert.Single(run.OutLines.Select(static line => line.IndexOf("x86_64", StringComparison.Ordinal)).Where(static at => at > 0).Distinct());
        Assert.Contains("online", run.OutLines[1]);
        Assert.Contains("2 GiB", run.OutLines[1]);
        Assert.Contains("site=north", run.OutLines[1]);
        Assert.Contains("2 of 3", run.OutLines[2]);
        Assert.Contains("never", run.OutLines[2]);
        Assert.DoesNotContain('\e', run.Out);
    }

    [Fact]
    public async Task Devices_AsJson_AreTheDocument()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new ListView<DeviceView>([Views.Device("dev-1")]), ApiJsonContext.Default.ListViewDeviceView);

        CliRun run = await CliRun.OfAsync(server.Url, "-o", "json", "devices");

        Assert.Equal("dev-1", JsonDocument.Parse(run.Out).RootElement.GetProperty("items")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Devices_None_IsSaid()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(new ListView<DeviceView>([]), ApiJsonContext.Default.ListViewDeviceView);

        Assert.Equal("No devices.\n", (await CliRun.OfAsync(server.Url, "devices")).Out);
    }

    [Fact]
    public async Task DevicesLabel_ChangesTheVersionThatItRead()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new Dictionary<string, string> { ["site"] = "north", ["old"] = "1" }, ApiJsonContext.Default.DictionaryStringString, "\"7\"");

        CliRun run = await CliRun.OfAsync(server.Url, "devices", "label", "dev-1", "site=south", "ring=a=b", "old-");

        Assert.Equal((0, "device/dev-1 labelled\n"), (run.Code, run.Out));
        ReceivedRequest put = server.Received[1];
        Assert.Equal(("PUT", ApiPaths.DeviceLabels("dev-1"), "\"7\""), (put.Method, put.Path, put.IfMatch));
        Assert.Equal("""{"site":"south","ring":"a=b"}""", put.Text);
    }

    [Fact]
    public async Task DevicesSet_ChangesTheVersionThatItRead()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new DeviceSettingsView(5), ApiJsonContext.Default.DeviceSettingsView, "\"7\"");

        CliRun run = await CliRun.OfAsync(server.Url, "device", "set", "dev-1", "--telemetry-interval", "1m30s");

        Assert.Equal((0, "device/dev-1 set: telemetry every 90s\n"), (run.Code, run.Out));
        ReceivedRequest put = server.Received[1];
        Assert.Equal(("PUT", ApiPaths.DeviceSettings("dev-1"), "\"7\""), (put.Method, put.Path, put.IfMatch));
        Assert.Equal("""{"telemetryIntervalSeconds":90}""", put.Text);
        Assert.Equal(2, (await CliRun.OfAsync(server.Url, "device", "set", "dev-1")).Code);
    }

    [Fact]
    public async Task Metrics_WithoutAName_ShowsTheSeries()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new ListView<MetricSeriesView>([new("web", "belt.speed", "m/s", new Dictionary<string, string> { ["line"] = "4" }, DateTimeOffset.UtcNow, 1.25)]),
            ApiJsonContext.Default.ListViewMetricSeriesView);

        CliRun run = await CliRun.OfAsync(server.Url, "metrics", "dev-1/web");

        Assert.Equal($"{ApiPaths.Metrics("dev-1")}?limit=10000&vm=web", server.Received[0].Path);
        Assert.Contains("belt.speed   1.25  m/s   line=4", run.OutLines[1]);
    }

    [Fact]
    public async Task Metrics_WithAName_ShowsItsPoints()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new ListView<MetricPointView>([new("web", "n", "", new Dictionary<string, string>(), DateTimeOffset.UnixEpoch, 7, "NotSet")]),
            ApiJsonContext.Default.ListViewMetricPointView);

        CliRun run = await CliRun.OfAsync(server.Url, "metrics", "dev-1", "n/a:x", "--limit", "3");

        Assert.Equal($"{ApiPaths.MetricPoints("dev-1")}?limit=3&name=n%2Fa%3Ax", server.Received[0].Path);
        Assert.StartsWith("1970-01-01T00:00:00.000Z", run.OutLines[1]);
        Assert.EndsWith("not set", run.OutLines[1]);
        Assert.Equal(2, (await CliRun.OfAsync(server.Url, "metrics", "dev-1", "no spaces")).Code);
        Assert.Equal(2, (await CliRun.OfAsync(server.Url, "metrics", "dev-1", "--since", "1h")).Code);
        Assert.Equal(2, (await CliRun.OfAsync(server.Url, "metrics", "dev-1", "--limit", "3")).Code);
    }

    [Fact]
    public async Task GetDeployment_WithAName_ShowsItsDevices()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            Views.Deployment("Degraded", 1, 1, new("dev-1", true, 2, "Running", ""), new("dev-2", false, 1, "BackOff", "ImageUnavailable: no route")),
            ApiJsonContext.Default.DeploymentView);

        CliRun run = await CliRun.OfAsync(server.Url, "get", "deployment", "hello");

        Assert.Equal(ApiPaths.Deployment("hello"), server.Received[0].Path);
        Assert.Contains("3m0s ago", run.OutLines[1]);
        Assert.Contains("ImageUnavailable: no route", run.OutLines[^1]);
    }

    [Fact]
    public async Task GetDeployment_WithoutAName_ListsAll()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new ListView<DeploymentView>([Views.Deployment("Complete", 2)]), ApiJsonContext.Default.ListViewDeploymentView);

        CliRun run = await CliRun.OfAsync(server.Url, "get", "deployments");

        Assert.Equal(ApiPaths.Deployments, server.Received[0].Path);
        Assert.Contains("Complete", run.OutLines[1]);
    }

    [Fact]
    public async Task DeleteDeployment_DeletesTheVersionThatItRead()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            Views.Deployment("Complete", 2), ApiJsonContext.Default.DeploymentView, "\"2\"");

        CliRun run = await CliRun.OfAsync(server.Url, "delete", "deployment", "hello");

        Assert.Equal((0, "deployment/hello deleted\n"), (run.Code, run.Out));
        Assert.Equal(("DELETE", ApiPaths.Deployment("hello"), "\"2\""), (server.Received[1].Method, server.Received[1].Path, server.Received[1].IfMatch));
    }

    [Theory]
    [InlineData("get", "vms")]
    [InlineData("get", "device", "dev-1")]
    [InlineData("get", "device/dev-1")]
    public async Task GetVms_ShowsWhatAnOperatorWantsToKnow(params string[] arguments)
    {
        DeviceView device = Views.Device("dev-1") with
        {
            Vms =
            [
                new VmView("web", "web", 2, "Running", "NotReady", "connection refused", 3, "", 128, 77, 1) { Kind = "Service", Ready = false, MemoryGrantedMib = 48 },
                new VmView("nightly", "nightly", 1, "Pending", "WaitsForSchedule", "", 0, "", 64, 0, null) { Kind = "Job", NextRun = DateTimeOffset.UnixEpoch },
            ],
        };
        await using FakeControlPlane server = await FakeControlPlane.StartAsync((request, response) => request.Path.EndsWith("dev-1", StringComparison.Ordinal)
            ? FakeControlPlane.WriteAsync(response, device, ApiJsonContext.Default.DeviceView)
            : FakeControlPlane.WriteAsync(response, new ListView<DeviceView>([device]), ApiJsonContext.Default.ListViewDeviceView));

        CliRun run = await CliRun.OfAsync(server.Url, arguments);

        Assert.Equal(
            [
                "DEVICE  VM       KIND     REVISION  PHASE    READY  RESTARTS  EXIT      MEMORY  NEXT RUN           REASON            MESSAGE",
                "dev-1   web      Service         2  Running  no            3     1  48/128 MiB  -                  NotReady          connection refused",
                "dev-1   nightly  Job             1  Pending  -             0     -      64 MiB  1970-01-01 00:00Z  WaitsForSchedule  -",
            ],
            run.OutLines[^3..]);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("get", "pod/web")]
    [InlineData("get", "device/Web")]
    [InlineData("volumes", "delete", "edge-1/web")]
    public async Task Resource_ThatIsNone_IsAWrongCommandLine(params string[] arguments) =>
        Assert.Equal(2, (await CliRun.OfAsync("https://127.0.0.1:1", arguments)).Code);

    [Fact]
    public async Task VolumesList_ShowsThoseOfAllDevicesOrOfOne()
    {
        DeviceView device = Views.Device("dev-1") with
        {
            Volumes = [new VolumeView("web", "data", 64 << 20, 3 << 20, true), new VolumeView("gone", "old", 8 << 20, 1 << 20, false)],
        };
        await using FakeControlPlane all = await FakeControlPlane.StartAsync(new ListView<DeviceView>([device, Views.Device("dev-2")]), ApiJsonContext.Default.ListViewDeviceView);
        await using FakeControlPlane one = await FakeControlPlane.StartAsync(device, ApiJsonContext.Default.DeviceView);

        CliRun ofAll = await CliRun.OfAsync(all.Url, "volumes", "list"), ofOne = await CliRun.OfAsync(one.Url, "volumes", "list", "dev-1");

        Assert.Equal(
            ["DEVICE  VM    VOLUME    SIZE  TAKEN  STATE", "dev-1   web   data    64 MiB  3 MiB  in use", "dev-1   gone  old      8 MiB  1 MiB  left over"],
            ofAll.OutLines.Select(static line => line.TrimEnd()));
        Assert.Equal(ofAll.Out, ofOne.Out);
        Assert.Equal("/api/v1/devices/dev-1", Assert.Single(one.Received).Path);
        Assert.Contains("\"desired\": false", (await CliRun.OfAsync(all.Url, "volumes", "list", "-o", "json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VolumesDelete_DeletesTheOneVolume()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync((_, response) =>
        {
            response.StatusCode = 204;
            return Task.CompletedTask;
        });

        CliRun run = await CliRun.OfAsync(server.Url, "volumes", "delete", "edge-1/web/data");

        Assert.Equal((0, "volume/edge-1/web/data deleted\n"), (run.Code, run.Out));
        Assert.Equal(("DELETE", "/api/v1/devices/edge-1/vms/web/volumes/data"), (Assert.Single(server.Received).Method, server.Received[0].Path));
    }

    [Fact]
    public async Task Schema_IsPrintedAsItCame()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync((_, response) => response.Body.WriteAsync("{ \"x\": 1 }\n"u8.ToArray()).AsTask());

        CliRun run = await CliRun.OfAsync(server.Url, "schema");

        Assert.Equal((0, "{ \"x\": 1 }\n"), (run.Code, run.Out));
        Assert.Equal("/api/v1/schema/manifest.json", Assert.Single(server.Received).Path);
    }

    [Fact]
    public async Task Top_ShowsDevicesAndVms()
    {
        TelemetryView sample = new("dev-1", DateTimeOffset.UtcNow, 125, 512UL << 20, 2UL << 30, 1UL << 30, 8UL << 30, 7300, 20UL << 20,
            [
                new("hello", 31, 141UL << 20, "Running")
                {
                    GuestMemoryBytes = 60UL << 20, GuestAvailableBytes = 40UL << 20, GuestLoadPermille = 250, VolumeBytes = 1UL << 30, VolumeUsedBytes = 3UL << 20,
                    BalloonMib = 64, Restarts = 2,
                },
                new("silent", 0, 1UL << 20, "Starting"),
            ])
        {
            PressureMemory = 153, TemperatureMilliCelsius = 52_500, Clock = "NotSet",
        };
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(
            new ListView<TelemetryView>([sample]), ApiJsonContext.Default.ListViewTelemetryView);

        CliRun run = await CliRun.OfAsync(server.Url, "top");

        Assert.Equal(5, run.OutLines.Length);
        Assert.Contains("12.5%", run.OutLines[1]);
        Assert.Contains("2h1m", run.OutLines[1]);
        Assert.Contains("Running", run.OutLines[3]);
        Assert.Contains("3.1%   141 MiB  20 MiB  60 MiB  0.25    3 MiB  1 GiB   64 MiB  ", run.OutLines[3]);
        Assert.Contains("0.0%     1 MiB       -       -     -        -      -        -  ", run.OutLines[4]);
        Assert.EndsWith("2", run.OutLines[3]);
        Assert.Contains("1.5%", run.OutLines[1]);
        Assert.Contains("52 °C", run.OutLines[1]);
        Assert.EndsWith("not set", run.OutLines[1]);
    }

    [Fact]
    public async Task TopWatch_Interrupted_EndsWell()
    {
        using CancellationTokenSource interrupt = new();
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(async (_, response) =>
        {
            await FakeControlPlane.WriteAsync(response, new ListView<TelemetryView>([]), ApiJsonContext.Default.ListViewTelemetryView);
            await response.CompleteAsync();
            await interrupt.CancelAsync();
        });

        CliRun run = await CliRun.OfAsync(server.Url, "", false, interrupt.Token, "top", "--watch");

        Assert.Equal((0, ""), (run.Code, run.Error));
    }
}
