using MicroVm.Shared.Contracts.Sessions;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>What a session does once it is open. It answers on its <see cref="SessionConnection"/>.</summary>
internal interface ISessionTask
{
    /// <summary>False while it cannot take more input: frames then wait, in the end at the other side.</summary>
    bool TakesFrames { get; }

    /// <summary>Nothing of it is left, neither process nor descriptor.</summary>
    bool IsOver { get; }

    /// <summary>When <see cref="ServeDeadline"/> is due, by <see cref="Environment.TickCount64"/>; <see cref="long.MaxValue"/> for never.</summary>
    long Due { get; }

    /// <summary>Takes a frame behind the opening.</summary>
    void Take(SessionFrame frame);

    /// <summary>The connection has room again for output.</summary>
    void Resume();

    /// <summary>The other side is gone: end as soon as possible.</summary>
    void Abandon();

    /// <summary>Something is due.</summary>
    void ServeDeadline(long now);

    /// <summary>A child of this process ended; true when it was this task's.</summary>
    bool TakeEnd(int pid, int exitCode);
}
