using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;

namespace MicroVm.ControlPlane.Cli.Api;

/// <summary>
/// Server-sent events for as long as wanted: when the connection breaks, it is made again. A server that cannot be reached
/// at first, and one that refuses, end the watch.
/// </summary>
internal static class ResumedWatch
{
    private const int ServerErrors = 500;
    private const string Lost = "connection to the control plane lost";

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(250), s_longestDelay = TimeSpan.FromSeconds(5);

    /// <summary>The events.</summary>
    /// <param name="context">What the command works with.</param>
    /// <param name="path">Where to connect; asked before each connection, so that it can go on behind the last event.</param>
    /// <param name="type">Type of the events.</param>
    /// <param name="cancellation">Ends the watch.</param>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="ServerUnreachableException">The first connection failed.</exception>
    public static IAsyncEnumerable<T> EventsAsync<T>(CliContext context, Func<string> path, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class =>
        ItemsAsync(context, path, type, cancellation).Select(static item => item.Data);

    /// <summary>The events with their kinds.</summary>
    /// <inheritdoc cref="EventsAsync"/>
    public static async IAsyncEnumerable<SseItem<T>> ItemsAsync<T>(
        CliContext context, Func<string> path, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation)
        where T : class
    {
        bool resuming = false;
        string? said = null;
        TimeSpan delay = s_firstDelay;
        while (true)
        {
            await using (IAsyncEnumerator<SseItem<T>> events = context.Api.WatchAsync(path(), type, cancellation).GetAsyncEnumerator(cancellation))
            {
                string? reason;
                while ((reason = await NextAsync(events, resuming)) is null)
                {
                    resuming = true;
                    said = null;
                    delay = s_firstDelay;
                    yield return events.Current;
                }

                resuming = true;
                if (said != reason)
                {
                    await context.Terminal.Error.WriteLineAsync($"{Terminal.Safe(reason)}, connecting again");
                    said = reason;
                }
            }

            await Task.Delay(delay, context.Time, cancellation);
            delay = delay * 2 < s_longestDelay ? delay * 2 : s_longestDelay;
        }
    }

    /// <summary>Null when there is an event; else why there is none.</summary>
    private static async Task<string?> NextAsync<T>(IAsyncEnumerator<T> events, bool resuming)
    {
        try
        {
            return await events.MoveNextAsync() ? null : Lost;
        }
        catch (ServerUnreachableException) when (resuming)
        {
            return Lost;
        }
        catch (ApiException e) when (resuming && e.Problem.Status >= ServerErrors)
        {
            return e.Message;
        }
    }
}
