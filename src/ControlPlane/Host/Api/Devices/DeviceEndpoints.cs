using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Devices;

/// <summary>Devices and their labels.</summary>
internal static class DeviceEndpoints
{
    internal static void MapDevices(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Devices, ListAsync).WithSummary("All devices.").Produces<ListView<DeviceView>>();
        routes.MapGet(ApiPaths.Device("{id}"), GetAsync).WithSummary("One device; the ETag is that of its labels.").Produces<DeviceView>();
        routes.MapGet(ApiPaths.DeviceLabels("{id}"), GetLabelsAsync)
            .WithSummary("The labels that operators gave the device.").Produces<Dictionary<string, string>>();
        routes.MapPut(ApiPaths.DeviceLabels("{id}"), PutLabelsAsync)
            .WithSummary("Replaces the labels that operators gave the device; If-Match is required.").Produces<Dictionary<string, string>>();
    }

    private static async Task<IResult> ListAsync(
        [FromServices] IDeviceDirectory directory,
        [FromServices] IGrainFactory grains,
        [FromServices] TelemetryQueries telemetry,
        CancellationToken cancellationToken)
    {
        List<DeviceView> views = [];
        foreach (string[] some in (await directory.ListAsync()).Take(ApiLimits.Items).Chunk(ApiLimits.Parallelism))
        {
            DeviceView?[] found = await Task.WhenAll(some.Select(id => ViewAsync(id, grains, telemetry, cancellationToken)));
            views.AddRange(found.OfType<DeviceView>());
        }

        return Results.Json(new ListView<DeviceView>(views), ApiJsonContext.Default.ListViewDeviceView);
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpResponse response,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] IGrainFactory grains,
        [FromServices] TelemetryQueries telemetry,
        CancellationToken cancellationToken)
    {
        if (!await IsKnownAsync(id, directory) || await ViewAsync(id, grains, telemetry, cancellationToken) is not DeviceView view)
        {
            return Problems.NotFound("device", id);
        }

        DeviceLabels? labels = await grains.GetGrain<IDeviceGrain>(id).GetLabelsAsync();
        ETags.Set(response, ETagOf(labels!.Version));
        return Results.Json(view, ApiJsonContext.Default.DeviceView);
    }

    private static async Task<IResult> GetLabelsAsync(
        string id, HttpResponse response, [FromServices] SqliteDeviceDirectory directory, [FromServices] IGrainFactory grains) =>
        await IsKnownAsync(id, directory) && await grains.GetGrain<IDeviceGrain>(id).GetLabelsAsync() is DeviceLabels labels
            ? Show(response, labels)
            : Problems.NotFound("device", id);

    private static async Task<IResult> PutLabelsAsync(
        string id,
        HttpRequest request,
        HttpResponse response,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] IGrainFactory grains,
        [FromBody] Dictionary<string, string> labels)
    {
        if (!await IsKnownAsync(id, directory))
        {
            return Problems.NotFound("device", id);
        }

        if (!ETags.HasIfMatch(request))
        {
            return Problems.MatchRequired("labels");
        }

        IReadOnlyList<FieldError> errors = LabelRules.Check(labels, "");
        if (errors.Count > 0)
        {
            return Problems.Fields(errors);
        }

        IDeviceGrain grain = grains.GetGrain<IDeviceGrain>(id);
        DeviceLabels? current = await grain.GetLabelsAsync();
        if (current is null)
        {
            return Problems.NotFound("device", id);
        }

        if (ETags.IfMatch(request) is string expected && expected != ETagOf(current.Version))
        {
            return Problems.Stale("labels");
        }

        LabelsOutcome outcome = await grain.SetLabelsAsync(labels, current.Version);
        return outcome.Changed ? Show(response, outcome.Current!) : Problems.Stale("labels");
    }

    /// <summary>Asked before a grain is: a grain for each name that somebody tries would be a way to fill the memory.</summary>
    internal static async Task<bool> IsKnownAsync(string id, SqliteDeviceDirectory directory) =>
        DeviceId.TryParse(id, out _) && await directory.ContainsAsync(id);

    private static async Task<DeviceView?> ViewAsync(
        string id, IGrainFactory grains, TelemetryQueries telemetry, CancellationToken cancellationToken)
    {
        DeviceView? view = await grains.GetGrain<IDeviceGrain>(id).GetViewAsync();
        // Telemetry does not pass through the grain, so the grain's own time may be the older one.
        DateTimeOffset? telemetrySeen = await telemetry.LastSeenAsync(id, cancellationToken);
        return view is null ? null : view with
        {
            LastSeen = telemetrySeen > view.LastSeen ? telemetrySeen : view.LastSeen,
            TelemetryLost = await telemetry.LossesAsync(id, cancellationToken),
        };
    }

    private static IResult Show(HttpResponse response, DeviceLabels labels)
    {
        ETags.Set(response, ETagOf(labels.Version));
        return Results.Json(labels.Labels.ToDictionary(), ApiJsonContext.Default.DictionaryStringString);
    }

    private static string ETagOf(long version) => $"\"labels-{version}\"";
}
