namespace MicroVm.Vmm.EventLoop;

/// <summary>Receiver of readiness on a descriptor; runs on the event-loop thread.</summary>
internal interface IEventSource
{
    /// <summary>Called with the epoll bits that are ready and the token given at registration.</summary>
    void OnReady(uint events, uint token);
}
