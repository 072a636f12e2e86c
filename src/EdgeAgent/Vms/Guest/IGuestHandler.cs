using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.EdgeAgent.Vms.Guest;

/// <summary>What the channel does with a guest's messages.</summary>
internal interface IGuestHandler
{
    /// <summary>A guest connected and said hello; what it is sent first.</summary>
    ValueTask<IReadOnlyList<GuestMessage>> OnHelloAsync(GuestHello hello, CancellationToken cancellation);

    /// <summary>
    /// Handles a message after the hello. The next one is read when this is done, so that a slow disk slows the guest
    /// instead of filling memory.
    /// </summary>
    /// <returns>What the guest is sent; null for nothing.</returns>
    /// <exception cref="Shared.Faults.WireFormatException">The guest may not say that.</exception>
    ValueTask<GuestMessage?> OnMessageAsync(GuestMessage message, CancellationToken cancellation);
}
