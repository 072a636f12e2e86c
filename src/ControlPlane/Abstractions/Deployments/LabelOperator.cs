namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>How a selector looks at one label.</summary>
public enum LabelOperator
{
    /// <summary>The label is there and has one of the values.</summary>
    In,

    /// <summary>The label is not there or has none of the values.</summary>
    NotIn,

    /// <summary>The label is there, whatever its value.</summary>
    Exists,

    /// <summary>The label is not there.</summary>
    NotExists,
}
