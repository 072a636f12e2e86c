namespace MicroVm.EdgeAgent.Update;

/// <summary>What is done next about the agent's version. Each is done whole or not at all.</summary>
internal enum UpdateStep
{
    /// <summary>Nothing until something changes.</summary>
    None,

    /// <summary>Nothing until a time has passed or something changes.</summary>
    Wait,

    /// <summary>Fetch manifest and artifact.</summary>
    Fetch,

    /// <summary>Unpack into the spare slot, verify, and ask the new agent who it is.</summary>
    Prepare,

    /// <summary>Write the trial down.</summary>
    Arm,

    /// <summary>Have the launcher start the candidate next.</summary>
    SwitchToCandidate,

    /// <summary>End this process so that the launcher starts what is current.</summary>
    Restart,

    /// <summary>The candidate works: the trial is over.</summary>
    Accept,

    /// <summary>The candidate does not work, or is not started: write down why.</summary>
    GiveUp,

    /// <summary>Have the launcher start the agent from before next.</summary>
    SwitchBack,

    /// <summary>Remember the candidate as one that does not work here.</summary>
    RememberFailure,

    /// <summary>Remove a trial that is over or never began.</summary>
    DropTrial,

    /// <summary>Forget the release that failed.</summary>
    ForgetFailure,
}
