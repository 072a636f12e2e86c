namespace MicroVm.EdgeAgent.Configuration;

/// <summary>What the program does.</summary>
internal enum AgentVerb
{
    /// <summary>Is the agent until it is told to stop.</summary>
    Run,

    /// <summary>Only reads the configuration.</summary>
    CheckConfig,

    /// <summary>Only prints the version.</summary>
    ShowVersion,

    /// <summary>Only says how it is used.</summary>
    ShowUsage,

    /// <summary>Looks at the host and says what it lacks.</summary>
    Doctor,

    /// <summary>Asks the agent that runs on this device.</summary>
    Ask,

    /// <summary>Has the agent that runs on this device run a program in a VM.</summary>
    Exec,

    /// <summary>Carries a bundle to the agent that runs on this device.</summary>
    Apply,
}
