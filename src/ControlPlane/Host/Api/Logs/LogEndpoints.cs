using System.Globalization;
using MicroVm.ControlPlane.Host.Api.Sessions;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Sessions;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Logs;

/// <summary>Log lines of VMs, which the devices keep: each answer is a session with the device.</summary>
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
        [FromServices] LogSessions sessions,
        [FromServices] IHostApplicationLifetime lifetime,
        [FromServices] TimeProvider time,
        int tail = ApiLimits.DefaultItems,
        long? after = null,
        string? since = null,
        bool follow = false)
    {
        if (tail is < 0 or > ApiLimits.Items)
        {
            return Problems.Of(StatusCodes.Status400BadRequest, $"tail: expected 0 to {ApiLimits.Items}, found {tail}");
        }

        DateTimeOffset from = default;
        if (since is not null && !DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out from))
        {
            return Problems.Of(StatusCodes.Status400BadRequest, $"since: expected a time such as 2026-01-31T12:00:00Z, found '{since}'");
        }

        // A client that reconnects says where it was, whatever its first address said.
        after = long.TryParse(context.Request.Headers["Last-Event-ID"].ToString(), out long last) ? last : after;
        SessionOpen open = new()
        {
            Kind = SessionKind.Logs,
            Tail = tail,
            After = after is long cursor ? (ulong)Math.Max(cursor, 0) : null,
            SinceUnixNs = since is null ? 0 : (from - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick,
            Follow = follow,
        };
        (LogSession? session, SessionFault? fault) = await sessions.OpenAsync(device, vm, open, context.RequestAborted);
        if (session is null)
        {
            return fault!.ToProblem();
        }

        await using (session)
        {
            if (!follow)
            {
                return Results.Json(
                    new ListView<LogEntryView>(await session.ReadAsync(after is null ? tail : Page, context.RequestAborted)), ApiJsonContext.Default.ListViewLogEntryView);
            }

            using ServerEvents events = new(context, lifetime, time);
            await FollowAsync(session, events);
            return Results.Empty;
        }
    }

    /// <summary>The stream ends when the device's end does: whoever follows asks again, with its cursor.</summary>
    private static async Task FollowAsync(LogSession session, ServerEvents events)
    {
        try
        {
            await events.BeginAsync();
            while (true)
            {
                Task<LogEntryView?> next = session.NextAsync(events.End);
                if (!next.IsCompleted)
                {
                    await events.FlushAsync();
                    await events.WaitAsync(next);
                }

                if (await next is not LogEntryView line)
                {
                    return;
                }

                await events.SendAsync("log", line.Cursor, line, ApiJsonContext.Default.LogEntryView);
            }
        }
        catch (OperationCanceledException) when (events.End.IsCancellationRequested)
        {
        }
    }
}
