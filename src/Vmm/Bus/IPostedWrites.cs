namespace MicroVm.Vmm.Bus;

/// <summary>
/// Guest writes that the guest did not wait for: they lie in a ring until somebody delivers them to their devices. What depends on them
/// has them delivered first.
/// </summary>
internal interface IPostedWrites
{
    /// <summary>Hands over what has come so far, in order; when it returns, all of it has arrived. Any thread, and cheap when there is nothing.</summary>
    void Deliver();
}
