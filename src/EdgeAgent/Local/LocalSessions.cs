using System.Text;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Sessions;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Local;

/// <summary>Sessions of somebody who stands at the device: the same frames as from far away, behind the line <c>ok</c>.</summary>
internal sealed class LocalSessions(SessionAnswerer answerer, SessionSlots slots, ILogger logger)
{
    /// <summary>Serves one to its end.</summary>
    internal async Task ServeAsync(Stream stream, ResourceName vm, PeerCredentials peer, CancellationToken cancellation)
    {
        using IDisposable? slot = slots.TryTake(vm, out string refusal);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(slot is null ? $"error: {refusal}\n" : "ok\n"), cancellation);
        if (slot is not null)
        {
            Log.LocalSession(logger, vm.Value, peer.Uid);
            await answerer.AnswerAsync(new StreamChannel(stream), vm, cancellation);
        }
    }
}
