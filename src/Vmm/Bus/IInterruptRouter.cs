namespace MicroVm.Vmm.Bus;

/// <summary>
/// Where edges on interrupt lines (GSIs) go: each connected line sends one message to the local APICs, in the format of a
/// message-signalled interrupt (Intel SDM volume 3, section 11.11). Any thread.
/// </summary>
internal interface IInterruptRouter
{
    /// <summary>From now on an edge on <paramref name="gsi"/> writes <paramref name="data"/> to <paramref name="address"/>.</summary>
    void Connect(uint gsi, uint address, uint data);

    /// <summary>From now on edges on <paramref name="gsi"/> are lost.</summary>
    void Disconnect(uint gsi);
}
