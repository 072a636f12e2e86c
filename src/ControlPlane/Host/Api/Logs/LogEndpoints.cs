using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Logs;

/// <summary>Log lines of VMs.</summary>
internal static class LogEndpoints
{
    private const int Page = 1_000;

    internal static void MapLogs(this IEndpointRouteBuilder routes) => routes
        .MapGet(ApiPaths.Logs("{device}", "{vm}"), GetAsync)
        .WithSummary("The newest lines, or those after a cursor; follow=true gives server-sent events 'log', resumed by Last-Event-ID.")
        .Produces<ListView<LogEntryView>>();

    private static async Task<IResult> GetAsync(
        string device,
        string vm,
        HttpContext context,
        [FromServices] SqliteDeviceDirectory directory,
        [FromServices] IDeploymentDirectory deployments,
        [FromServices] TelemetryQueries queries,
        [FromServices] LogFeed feed,
        [FromServices] IHostApplicationLifetime lifetime,
        [FromServices] TimeProvider time,
        int tail = ApiLimits.DefaultItems,
        long? after = null,
        bool follow = false)
    {
        if (!await DeviceEndpoints.IsKnownAsync(device, directory))
        {
            return Problems.NotFound("device", device);
        }

        if (!ResourceName.TryParse(vm, out _) || !await IsKnownAsync(device, vm, deployments, queries, context.RequestAborted))
        {
            return Problems.NotFound("VM", vm);
        }

        if (tail is < 0 or > ApiLimits.Items)
        {
            return Problems.Of(StatusCodes.Status400BadRequest, $"tail: expected 0 to {ApiLimits.Items}, found {tail}");
        }

        // A client that reconnects says where it was, whatever its first address said.
        after = long.TryParse(context.Request.Headers["Last-Event-ID"].ToString(), out long last) ? last : after;
        if (follow)
        {
            using ServerEvents events = new(context, lifetime, time);
            await FollowAsync(device, vm, events, queries, feed, tail, after);
            return Results.Empty;
        }

        List<LogEntryView> lines = after is long cursor
            ? await queries.AfterAsync(device, vm, cursor, Page, context.RequestAborted)
            : await queries.TailAsync(device, vm, tail, context.RequestAborted);
        return Results.Json(new ListView<LogEntryView>(lines), ApiJsonContext.Default.ListViewLogEntryView);
    }

    /// <summary>A VM that some deployment has may have no line yet; one that none has any more may still have lines.</summary>
    private static async Task<bool> IsKnownAsync(
        string device, string vm, IDeploymentDirectory deployments, TelemetryQueries queries, CancellationToken cancellationToken) =>
        deployments.List().Any(entry => entry.VmName == vm) || (await queries.TailAsync(device, vm, 1, cancellationToken)).Count > 0;

    private static async Task FollowAsync(
        string device, string vm, ServerEvents events, TelemetryQueries queries, LogFeed feed, int tail, long? after)
    {
        try
        {
            await events.BeginAsync();
            // First listen, then look: what is kept in between wakes the loop.
            using LogFeed.Subscription subscription = feed.Subscribe(device, vm);
            long cursor = after ?? 0;
            List<LogEntryView> lines = after is null
                ? await queries.TailAsync(device, vm, Math.Max(tail, 1), events.End)
                : await queries.AfterAsync(device, vm, cursor, Page, events.End);
            // tail=0 asks for what comes from now on: the newest line is only where to begin.
            bool hidden = after is null && tail == 0;
            while (true)
            {
                foreach (LogEntryView line in lines)
                {
                    cursor = line.Cursor;
                    await (hidden ? Task.CompletedTask : events.SendAsync("log", cursor, line, ApiJsonContext.Default.LogEntryView));
                }

                hidden = false;
                await events.FlushAsync();
                if (lines.Count < Page)
                {
                    await events.WaitAsync(subscription.Wakes);
                }

                lines = await queries.AfterAsync(device, vm, cursor, Page, events.End);
            }
        }
        catch (OperationCanceledException) when (events.End.IsCancellationRequested)
        {
        }
    }
}
