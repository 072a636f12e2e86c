using MicroVm.ControlPlane.Host.Storage.Events;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Events;

/// <summary>What happened on devices and at the control plane.</summary>
internal static class EventEndpoints
{
    private const int Page = 1_000;

    /// <summary>
    /// Says that the event behind which a follower wanted to go on is not known, and that the newest follow as for one that has just come.
    /// Its data is an event with id 0, which those who do not know the kind take for one that they have seen.
    /// </summary>
    private const string Reset = "reset";

    internal static void MapEvents(this IEndpointRouteBuilder routes) => routes
        .MapGet(ApiPaths.Events, GetAsync)
        .WithSummary("The newest events, or those after an id, of a device or VM, since a time; follow=true gives server-sent events 'event', resumed by Last-Event-ID. Beyond the newest event it begins anew, after a 'reset'.")
        .Produces<ListView<EventView>>();

    private static async Task<IResult> GetAsync(
        HttpContext context,
        [FromServices] EventQueries queries,
        [FromServices] EventFeed feed,
        [FromServices] IHostApplicationLifetime lifetime,
        [FromServices] TimeProvider time,
        string? device = null,
        string? vm = null,
        DateTimeOffset? since = null,
        int limit = ApiLimits.DefaultItems,
        long? after = null,
        bool follow = false)
    {
        List<FieldError> errors = [];
        if (device is not null && !DeviceId.TryParse(device, out _))
        {
            errors.Add(new FieldError("device", "a device id", $"'{device}'"));
        }

        if (vm is not null && !ResourceName.TryParse(vm, out _))
        {
            errors.Add(new FieldError("vm", "a VM's name", $"'{vm}'"));
        }

        if (limit is < 0 or > ApiLimits.Items)
        {
            errors.Add(new FieldError("limit", $"0 to {ApiLimits.Items}", $"{limit}"));
        }

        if (errors.Count > 0)
        {
            return Problems.Fields(errors);
        }

        EventFilter filter = new(device, vm, since?.ToUnixTimeMilliseconds() ?? 0);
        after = long.TryParse(context.Request.Headers["Last-Event-ID"].ToString(), out long last) ? last : after;
        // Who has seen more than there is followed a database that has since been replaced by an older one.
        EventView? reset = after is long seen && seen > await queries.LastIdAsync(context.RequestAborted) ? ResetOf(seen, time) : null;
        after = reset is null ? after : null;
        if (follow)
        {
            using ServerEvents events = new(context, lifetime, time);
            await FollowAsync(events, queries, feed, filter, limit, after, reset);
            return Results.Empty;
        }

        List<EventView> found = after is long id
            ? await queries.AfterAsync(filter, id, limit, context.RequestAborted)
            : await queries.TailAsync(filter, limit, context.RequestAborted);
        return Results.Json(new ListView<EventView>(found), ApiJsonContext.Default.ListViewEventView);
    }

    private static EventView ResetOf(long after, TimeProvider time) => new(
        0, time.GetUtcNow(), "", "", EventView.Warning, "EventsBeginAnew",
        $"events begin anew: the control plane has none as new as {after}, as after a restore from a backup");

    private static async Task FollowAsync(
        ServerEvents events, EventQueries queries, EventFeed feed, EventFilter filter, int limit, long? after, EventView? reset)
    {
        try
        {
            await events.BeginAsync();
            await (reset is null ? Task.CompletedTask : events.SendAsync(Reset, null, reset, ApiJsonContext.Default.EventView));
            // First listen, then look: what is kept in between wakes the loop.
            using EventFeed.Subscription subscription = feed.Subscribe(filter.Device);
            long cursor = after ?? 0;
            List<EventView> found = after is null
                ? await queries.TailAsync(filter, Math.Max(limit, 1), events.End)
                : await queries.AfterAsync(filter, cursor, Page, events.End);
            // limit=0 asks for what comes from now on: the newest event is only where to begin.
            bool hidden = after is null && limit == 0;
            while (true)
            {
                foreach (EventView one in found)
                {
                    cursor = one.Id;
                    await (hidden ? Task.CompletedTask : events.SendAsync("event", cursor, one, ApiJsonContext.Default.EventView));
                }

                hidden = false;
                await events.FlushAsync();
                if (found.Count < Page)
                {
                    await events.WaitAsync(subscription.Wakes);
                }

                found = await queries.AfterAsync(filter, cursor, Page, events.End);
            }
        }
        catch (OperationCanceledException) when (events.End.IsCancellationRequested)
        {
        }
    }
}
