using System.Threading.Channels;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Deployments;

/// <summary><see cref="ApiPaths.DeploymentWatch"/>: the status now and after every change.</summary>
internal static class DeploymentWatchEndpoints
{
    internal static void MapDeploymentWatch(this IEndpointRouteBuilder routes) => routes
        .MapGet(ApiPaths.DeploymentWatch("{name}"), WatchAsync)
        .WithSummary("Server-sent events 'status' with the deployment, at once and after every change; ends when it is deleted.")
        .Produces(StatusCodes.Status200OK, contentType: "text/event-stream");

    private static async Task<IResult> WatchAsync(
        string name,
        HttpContext context,
        [FromServices] IDeploymentDirectory directory,
        [FromServices] IGrainFactory grains,
        [FromServices] IHostApplicationLifetime lifetime,
        [FromServices] TimeProvider time)
    {
        if (await DeploymentEndpoints.FindAsync(name, directory, grains) is null)
        {
            return Problems.NotFound("deployment", name);
        }

        IDeploymentGrain grain = grains.GetGrain<IDeploymentGrain>(name);
        Watcher watcher = new();
        IDeploymentWatcher reference = grains.CreateObjectReference<IDeploymentWatcher>(watcher);
        using ServerEvents events = new(context, lifetime, time);
        // The lease is renewed with every keep-alive, which comes several times within it.
        events.Kept = () => grain.WatchAsync(reference).Ignore();
        try
        {
            await events.BeginAsync();
            // First listen, then look: a change in between is seen twice and not missed.
            await grain.WatchAsync(reference);
            while (await grain.GetAsync() is DeploymentSnapshot snapshot)
            {
                await events.SendAsync("status", null, snapshot.View, ApiJsonContext.Default.DeploymentView);
                await events.FlushAsync();
                await events.WaitAsync(watcher.Changes);
                await grain.WatchAsync(reference);
            }
        }
        catch (OperationCanceledException) when (events.End.IsCancellationRequested)
        {
        }
        finally
        {
            grain.UnwatchAsync(reference).Ignore();
            grains.DeleteObjectReference<IDeploymentWatcher>(reference);
        }

        return Results.Empty;
    }

    private sealed class Watcher : IDeploymentWatcher
    {
        // One place: several changes before the next look are one.
        private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        internal ChannelReader<bool> Changes => _changes.Reader;

        public Task ChangedAsync()
        {
            _changes.Writer.TryWrite(true);
            return Task.CompletedTask;
        }
    }
}
