using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

/// <summary>The REST API as a test uses it. Waits are server-sent events, never sleeps; a timeout names what was waited for.</summary>
internal sealed class ControlPlaneClient(HttpClient http) : IDisposable
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);

    private readonly HttpClient _http = http;

    internal async Task<DeviceView> GetDeviceAsync(string id) =>
        await _http.GetFromJsonAsync(ApiPaths.Device(id), TypeInfo<DeviceView>()) ?? throw new InvalidOperationException($"no device {id}");

    /// <summary>A device's newest samples, newest first.</summary>
    internal async Task<IReadOnlyList<TelemetryView>> GetDeviceTelemetryAsync(string id, int limit = 100) =>
        (await _http.GetFromJsonAsync($"{ApiPaths.DeviceTelemetry(id)}?limit={limit}", TypeInfo<ListView<TelemetryView>>()))!.Items;

    internal async Task<IReadOnlyList<LogEntryView>> GetLogsAsync(string device, string vm, int tail) =>
        (await _http.GetFromJsonAsync($"{ApiPaths.Logs(device, vm)}?tail={tail}", TypeInfo<ListView<LogEntryView>>()))!.Items;

    internal Task<HttpResponseMessage> ApplyAsync(string manifest) =>
        _http.PostAsync(ApiPaths.Apply, new StringContent(manifest, System.Text.Encoding.UTF8, "application/yaml"));

    internal async Task<HttpResponseMessage> DeleteDeploymentAsync(string name) =>
        await _http.DeleteAsync(ApiPaths.Deployment(name));

    /// <summary>Follows a deployment until <paramref name="reached"/> says true.</summary>
    internal Task<DeploymentView> WatchDeploymentAsync(string name, string phase, TimeSpan timeout, Func<DeploymentView, bool> reached) =>
        FirstEventAsync(ApiPaths.DeploymentWatch(name), TypeInfo<DeploymentView>(), phase, timeout, reached);

    /// <summary>Follows a VM's log from behind <paramref name="cursor"/> until a line satisfies <paramref name="wanted"/>.</summary>
    internal Task<LogEntryView> FollowLogsAsync(
        string device, string vm, long cursor, string phase, TimeSpan timeout, Func<LogEntryView, bool> wanted) =>
        FirstEventAsync($"{ApiPaths.Logs(device, vm)}?follow=true&after={cursor}", TypeInfo<LogEntryView>(), phase, timeout, wanted);

    /// <summary>What workloads of a device measured under a name, in the order in which it came.</summary>
    internal async Task<IReadOnlyList<MetricPointView>> GetPointsAsync(string device, string name) =>
        (await _http.GetFromJsonAsync($"{ApiPaths.MetricPoints(device)}?name={name}&limit=10000", TypeInfo<ListView<MetricPointView>>()))!.Items;

    /// <summary>Asks for them until they are as <paramref name="wanted"/>: they cannot be followed.</summary>
    internal async Task<IReadOnlyList<MetricPointView>> WaitForPointsAsync(
        string device, string name, string phase, TimeSpan timeout, Func<IReadOnlyList<MetricPointView>, bool> wanted)
    {
        using CancellationTokenSource cancellation = new(timeout);
        while (true)
        {
            IReadOnlyList<MetricPointView> points = await GetPointsAsync(device, name);
            if (wanted(points))
            {
                return points;
            }

            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{phase}: not within {timeout.TotalSeconds} s; found {points.Count} points of {name}");
            }
        }
    }

    /// <summary>What happened to a VM, or to a device and its VMs, newest last.</summary>
    internal async Task<IReadOnlyList<EventView>> GetEventsAsync(string device, string vm = "") =>
        (await _http.GetFromJsonAsync($"{ApiPaths.Events}?device={device}{(vm.Length > 0 ? $"&vm={vm}" : "")}&limit=1000", TypeInfo<ListView<EventView>>()))!.Items;

    /// <summary>Follows what happens to a VM, from the beginning, until an event satisfies <paramref name="wanted"/>.</summary>
    internal Task<EventView> FollowEventsAsync(string device, string vm, string phase, TimeSpan timeout, Func<EventView, bool> wanted) =>
        FirstEventAsync($"{ApiPaths.Events}?device={device}&vm={vm}&follow=true&after=0", TypeInfo<EventView>(), phase, timeout, wanted);

    /// <summary>Follows what happens to a device and its VMs, from behind an event, until one satisfies <paramref name="wanted"/>.</summary>
    internal Task<EventView> FollowDeviceEventsAsync(string device, long after, string phase, TimeSpan timeout, Func<EventView, bool> wanted) =>
        FirstEventAsync($"{ApiPaths.Events}?device={device}&follow=true&after={after}", TypeInfo<EventView>(), phase, timeout, wanted);

    public void Dispose() => _http.Dispose();

    private static JsonTypeInfo<T> TypeInfo<T>() =>
        (JsonTypeInfo<T>)(ApiJsonContext.Default.GetTypeInfo(typeof(T))
            ?? throw new InvalidOperationException($"{typeof(T)} is not in {nameof(ApiJsonContext)}"));

    private async Task<T> FirstEventAsync<T>(
        string path, JsonTypeInfo<T> type, string phase, TimeSpan timeout, Func<T, bool> wanted)
    {
        using CancellationTokenSource cancellation = new(timeout);
        string last = "no event";
        try
        {
            while (true)
            {
                using HttpResponseMessage response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellation.Token);
                if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                {
                    // A log is on its device, which is not connected now.
                    last = await response.Content.ReadAsStringAsync(cancellation.Token);
                    await Task.Delay(s_retry, cancellation.Token);
                    continue;
                }

                response.EnsureSuccessStatusCode();
                await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation.Token);
                await foreach (SseItem<string> item in SseParser.Create(stream).EnumerateAsync(cancellation.Token))
                {
                    last = item.Data;
                    T value = JsonSerializer.Deserialize(item.Data, type)!;
                    if (wanted(value))
                    {
                        return value;
                    }
                }

                if (!path.Contains("/logs?", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"{phase}: the event stream ended; last event: {last}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new PhaseTimeoutException(phase, timeout, last);
        }
    }
}
